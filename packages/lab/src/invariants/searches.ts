import { ByteScanner, NeedleSet } from '@vcryptsim/simkit/scan';
import type { Followed, Invariant, Secrets } from './invariant.js';
import { INVARIANTS } from './registry.js';

/** Between the name of an invariant and that of its needle, inside the one set that looks for all of them. */
const SEPARATOR = '\u0000';

/** A needle that was found, by its two names. */
export interface FoundNeedle {
  readonly invariant: string;
  readonly needle: string;
}

/**
 * One search, for what some invariants forbid at a place. Its set of needles grows with the run, and each needle is
 * added once: so n keys cost n, however often is searched in between.
 */
export class Search {
  readonly #set = new NeedleSet();
  readonly #followed = new Map<string, Followed>();
  readonly #scanner = new ByteScanner(this.#set);

  constructor(secrets: Secrets, invariants: readonly Invariant[]) {
    for (const invariant of invariants) this.#followed.set(invariant.name, invariant.follow(secrets));
  }

  /** The set, with everything in it that must not be found now. */
  needles(): NeedleSet {
    for (const [invariant, followed] of this.#followed) {
      this.#set.add(followed.next().map((needle) => ({ ...needle, name: `${invariant}${SEPARATOR}${needle.name}` })));
    }
    return this.#set;
  }

  /** The one scanner of this search, for one stream at a time. */
  scanner(): ByteScanner {
    this.needles();
    return this.#scanner;
  }

  /** Takes the two names of a match apart again; null when it is no fault as things are now. */
  async judge(name: string): Promise<FoundNeedle | null> {
    const [invariant = '', needle = ''] = name.split(SEPARATOR);
    return (await this.#followed.get(invariant)?.excuses?.(needle)) ? null : { invariant, needle };
  }
}

/** The searches of one world, each for the places where the same invariants hold. */
export class Searches {
  readonly #secrets: Secrets;
  readonly #byInvariants = new Map<string, Search>();
  /** What must not pass a wire, and the planted needle. */
  readonly onWires: Search;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
    this.onWires = new Search(
      secrets,
      INVARIANTS.filter((each) => each.alsoOnWires),
    );
    const { planted } = secrets.needles;
    this.onWires.needles().add([{ ...planted, name: `planted${SEPARATOR}${planted.name}` }]);
  }

  /** The search for a file or folder of the run; null where nothing is forbidden, or nothing yet. */
  at(path: string): Search | null {
    const covering = INVARIANTS.filter((each) => covers(each, this.#secrets, path));
    const names = covering.map(({ name }) => name).join(SEPARATOR);
    const search = this.#byInvariants.get(names) ?? new Search(this.#secrets, covering);
    this.#byInvariants.set(names, search);
    return search.needles().isEmpty ? null : search;
  }
}

function covers(invariant: Invariant, secrets: Secrets, path: string): boolean {
  return invariant.folders(secrets.folder).some((folder) => path === folder || path.startsWith(`${folder}/`));
}
