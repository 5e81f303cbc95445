/**
 * The power of one machine, or of a whole site: a switch may be behind another, and gives power only while both are on.
 */
export class PowerSwitch {
  readonly #above: PowerSwitch | null;
  #isOff = false;
  #era = 0;
  #countdown: { left: number; readonly onCut: () => void } | null = null;

  /** @param above the switch that this one is behind */
  constructor(above: PowerSwitch | null = null) {
    this.#above = above;
  }

  get isOff(): boolean {
    return this.#isOff || (this.#above?.isOff ?? false);
  }

  /** Another number after each loss of power: what was open before is gone. */
  get era(): number {
    return this.#era + (this.#above?.era ?? 0);
  }

  /** What it was told to do, and how many operations are left; null when nothing. */
  get left(): number | null {
    return this.#countdown?.left ?? null;
  }

  /**
   * Orders the power to go in the `count`-th file operation from now (1 is the next) of the machines behind it. Replaces
   * an earlier order.
   *
   * @param onCut called as it goes
   */
  cutIn(count: number, onCut: () => void): void {
    this.#countdown = { left: count, onCut };
  }

  /** Takes the order back. */
  keepOn(): void {
    this.#countdown = null;
  }

  /** Counts an operation. Answers the switches that go off in it, to be told so when it was made. */
  count(): readonly PowerSwitch[] {
    const own = this.#countdown !== null && --this.#countdown.left === 0 ? [this] : [];
    return [...(this.#above?.count() ?? []), ...own];
  }

  /** Does what {@link cutIn} ordered. */
  trip(): void {
    const order = this.#countdown;
    this.off();
    order?.onCut();
  }

  off(): void {
    this.#countdown = null;
    if (this.#isOff) return;
    this.#isOff = true;
    this.#era++;
  }

  on(): void {
    this.#isOff = false;
  }
}
