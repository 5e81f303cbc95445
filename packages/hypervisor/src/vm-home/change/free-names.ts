/** Names of files that are there or spoken for, without regard to case: a datastore may not tell case apart. */
export class TakenNames {
  readonly #names: Set<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => name.toLowerCase()));
  }

  /**
   * The first of `BASE_1`, `BASE_2` ... whose files are all free, taken from now on; the base is the name without such a
   * number at its end. One event of a real vCenter shows `Test VM.vmdk` become `Test VM_1.vmdk` [ours O41].
   *
   * @param stem of the file that is replaced: `payroll` of `payroll.vmdk`
   * @param endings of the new files: `.vmdk` and `-flat.vmdk`
   * @returns the new names, in the order of the endings
   */
  take(stem: string, endings: readonly string[]): readonly string[] {
    const base = stem.replace(/_[0-9]{1,9}$/, '');
    for (let number = 1; ; number += 1) {
      const names = endings.map((ending) => `${base}_${number}${ending}`);
      if (names.some((name) => this.#names.has(name.toLowerCase()))) continue;
      for (const name of names) this.#names.add(name.toLowerCase());
      return names;
    }
  }
}
