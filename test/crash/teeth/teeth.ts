// Shows that the walk has teeth: with any fsync left out, or any two durable operations exchanged, it finds a state that is
// lost. What it does not find is listed in redundant.json, with the operation that makes it so.
import { CrashLog, crashStates } from '@vcryptsim/simkit';
import { Loss, type Scenario } from '../scenario.js';
import { digestOf } from '../support/image.js';
import { alsoDropped, type Bent, bentHistories, labelsOf, type Work } from './bent-history.js';
import redundant from './redundant.json' with { type: 'json' };

/** States that are looked at of each wrong history: those of a cut between operations, all of them. */
const FAMILIES = ['unsynced lost', 'reordered', 'one lost', 'one landed', 'hollow', 'clean', 'subset'] as const;

/** How the teeth are tried. */
export interface TeethOptions {
  readonly seed: number;
  /** One in so many wrong histories is tried, drawn by the seed; 1 for all. */
  readonly every: number;
}

/** What became of the wrong histories of one scenario. */
export interface TeethReport {
  readonly scenario: string;
  readonly tried: number;
  readonly caught: number;
  /** Listed, and shown to be so. */
  readonly redundant: readonly string[];
  /** Not caught, and not listed; or listed wrongly. */
  readonly findings: readonly string[];
}

interface Listed {
  readonly scenarios: readonly string[];
  readonly what: string;
  readonly by: string;
}

/** Tries the wrong histories of one scenario. */
export async function tryTeeth(scenario: Scenario, { seed, every }: TeethOptions): Promise<TeethReport> {
  const work = await workOf(scenario);
  const bite = new Bite(scenario, work, seed);
  await bite.learn();
  const listed = (redundant as readonly Listed[]).filter(({ scenarios }) => scenarios.includes(scenario.name));
  const shown: string[] = [];
  const findings: string[] = [];
  let [tried, caught] = [0, 0];
  for (const [index, bent] of (await bentHistories(work)).entries()) {
    if ((index + seed) % every !== 0) continue;
    tried += 1;
    const entry = listed.find(({ what }) => what === bent.name);
    if (await bite.catches(bent)) {
      caught += 1;
      if (entry !== undefined) findings.push(`${scenario.name}: ${bent.name} is listed as redundant, and is caught`);
      continue;
    }
    if (entry === undefined) {
      findings.push(`${scenario.name}: ${bent.name} is not caught`);
      continue;
    }
    const both = alsoDropped(bent, entry.by);
    if (both !== null && (await bite.catches(both))) shown.push(bent.name);
    else findings.push(`${scenario.name}: ${bent.name}: without ${entry.by} too it is not caught`);
  }
  return { scenario: scenario.name, tried, caught, redundant: shown, findings };
}

async function workOf(scenario: Scenario): Promise<Work> {
  const log = new CrashLog(await scenario.prepare());
  const process = await scenario.start(log.files);
  const from = log.operations.length + 1;
  const answers: number[] = [];
  await process.work(() => answers.push(log.operations.length));
  const operations = [...log.operations];
  return { history: { start: log.start, operations }, from, answers, labels: labelsOf(operations) };
}

/** Looks at the states of histories, each image once. */
class Bite {
  /** By the digest of each image that has nothing wrong how many steps had been answered at most when that was seen. */
  readonly #whole = new Map<string, number>();

  constructor(
    readonly scenario: Scenario,
    readonly work: Work,
    readonly seed: number,
  ) {}

  /** The right history: nothing of it may be lost. */
  async learn(): Promise<void> {
    const loss = await this.#loss({ ...this.work, name: 'the right history' });
    if (loss !== null) throw new Error(`${this.scenario.name}: ${loss}`);
  }

  async catches(bent: Bent): Promise<boolean> {
    return (await this.#loss(bent)) !== null;
  }

  async #loss({ name, history, from }: Bent): Promise<string | null> {
    for (const state of crashStates(history, { from, families: FAMILIES, subsets: 3, seed: this.seed })) {
      const answered = this.work.answers.filter((at) => at <= state.afterOperation).length;
      const digest = await digestOf(state.files);
      const known = this.#whole.get(digest);
      if (known !== undefined && known >= answered) continue;
      try {
        const cut = { name: state.name, answered, isInSector: false, isInWork: true };
        const { steps } = await this.scenario.check(state.files, cut);
        if (steps < answered) return `${name}, ${state.name}: has ${steps} of ${answered} steps`;
        this.#whole.set(digest, answered);
      } catch (error) {
        const what = error instanceof Loss ? error.message : String(error);
        return `${name}, ${state.name}: ${what}`;
      }
    }
    return null;
  }
}
