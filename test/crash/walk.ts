// Walks the states that a cut can leave of one scenario: each distinct image of the medium once.
import { CrashLog, type CrashState, crashStates, failingCalls, type MemoryFileSystem } from '@vcryptsim/simkit';
import { CLASSES, type CrashClass, classOf } from './classes.js';
import { type Cut, Loss, type Scenario } from './scenario.js';
import { digestOf } from './support/image.js';

/** How a walk is made. */
export interface WalkOptions {
  /** So many distinct states are looked at, where the scenario has them. */
  readonly states: number;
  readonly seed: number;
  /** Findings that are told in words; all are counted. */
  readonly findingsMax?: number;
}

/** What a walk found. */
export interface WalkReport {
  readonly scenario: string;
  readonly states: number;
  /** States in which a fresh process had the user's data again, whole. */
  readonly powered: number;
  /** Of these, those in which the work then came to its end. */
  readonly resumed: number;
  readonly lost: number;
  readonly unopenable: number;
  readonly classes: Readonly<Record<CrashClass, number>>;
  readonly findings: readonly string[];
}

/** Shares of the states; cuts inside operations have the rest. */
const SHARE_BETWEEN = 0.4;
const SHARE_IN_RECOVERY = 0.22;
const SHARE_FAILING = 0.15;
/** Cuts inside each sector, in the rounds that it takes to find enough states. */
const CUTS_IN_SECTOR = [1, 4, 16, 64];
const STATES_OF_ONE_RECOVERY = 12;
const STATES_OF_ONE_FAILURE = 4;
const FAILING_CALLS = 36;

/** Walks a scenario. It does nothing by time or chance but by the seed. */
export async function walk(scenario: Scenario, options: WalkOptions): Promise<WalkReport> {
  return new Walk(scenario, options).run();
}

class Walk {
  readonly #scenario: Scenario;
  readonly #options: WalkOptions;
  /** By the digest of each image how many steps had been answered at most when it was looked at. */
  readonly #seen = new Map<string, number>();
  readonly #classes = Object.fromEntries(CLASSES.map((name) => [name, 0])) as Record<CrashClass, number>;
  readonly #findings: string[] = [];
  readonly #count = { powered: 0, resumed: 0, lost: 0, unopenable: 0 };

  constructor(scenario: Scenario, options: WalkOptions) {
    this.#scenario = scenario;
    this.#options = options;
  }

  async run(): Promise<WalkReport> {
    const { states } = this.#options;
    const start = await this.#scenario.prepare();
    const { log, from, answers } = await this.#done(start.fork());
    await this.#walkBetween(log, from, answers, Math.ceil(states * SHARE_BETWEEN));
    await this.#walkFailures(start, Math.floor(states * SHARE_FAILING));
    await this.#walkRecoveries(log, from, answers, Math.floor(states * SHARE_IN_RECOVERY));
    await this.#walkInside(log, from, answers, states);
    return {
      scenario: this.#scenario.name,
      states: this.#seen.size,
      ...this.#count,
      classes: this.#classes,
      findings: this.#findings,
    };
  }

  /** Does the work once, with nothing failing. */
  async #done(memory: MemoryFileSystem): Promise<{ log: CrashLog; from: number; answers: readonly number[] }> {
    const log = new CrashLog(memory);
    const answers: number[] = [];
    const process = await this.#scenario.start(log.files);
    const from = log.operations.length + 1;
    await process.work(() => answers.push(log.operations.length));
    return { log, from, answers };
  }

  /** Cuts between the operations of the work. */
  async #walkBetween(log: CrashLog, from: number, answers: readonly number[], until: number): Promise<void> {
    const families = ['clean', 'unsynced lost', 'reordered', 'one lost', 'one landed', 'hollow'] as const;
    const states = crashStates(log, { from, families, seed: this.#options.seed, sample: 2 * until });
    await this.#walkStates(states, answers, until);
  }

  /** Cuts inside operations, and sectors in any mixture, in more and more places until there are enough. */
  async #walkInside(log: CrashLog, from: number, answers: readonly number[], until: number): Promise<void> {
    const families = ['torn', 'torn in a sector', 'subset'] as const;
    for (const [round, cutsInSector] of CUTS_IN_SECTOR.entries()) {
      const [before, left] = [this.#seen.size, until - this.#seen.size];
      if (left <= 0) return;
      const options = { from, families, cutsInSector, subsets: 4 * (round + 1), seed: this.#options.seed + round };
      // Some are the same as others: more are asked for than are wanted.
      await this.#walkStates(crashStates(log, { ...options, sample: Math.ceil(left * 1.15) }), answers, until);
      if (this.#seen.size === before) return;
    }
  }

  async #walkStates(states: Iterable<CrashState>, answers: readonly number[], until: number): Promise<void> {
    for (const { files, name, family, afterOperation } of states) {
      if (this.#seen.size >= until) return;
      const answered = answers.filter((at) => at <= afterOperation).length;
      await this.#look(files, classOf(family, name), {
        name,
        answered,
        isInSector: family === 'torn in a sector',
        isInWork: true,
      });
    }
  }

  /** Cuts in the recovery from cuts that are spread over the work. */
  async #walkRecoveries(log: CrashLog, from: number, answers: readonly number[], share: number): Promise<void> {
    const until = this.#seen.size + share;
    const { seed } = this.#options;
    const sample = Math.ceil((share * 1.3) / STATES_OF_ONE_RECOVERY);
    for (const first of crashStates(log, { from, seed: seed + 100, subsets: 2, sample })) {
      const again = new CrashLog(first.files);
      const answered = answers.filter((at) => at <= first.afterOperation).length;
      try {
        await this.#scenario.recover(again.files);
      } catch (error) {
        this.#find({ name: `${first.name}, recovered from`, answered, isInSector: false, isInWork: true }, error);
        continue;
      }
      for (const second of crashStates(again, { seed: seed + 101, subsets: 2, sample: STATES_OF_ONE_RECOVERY })) {
        if (this.#seen.size >= until) return;
        const isInSector = [first, second].some(({ family }) => family === 'torn in a sector');
        const name = `${first.name}, then in the recovery ${second.name}`;
        await this.#look(second.files, 'inRecovery', { name, answered, isInSector, isInWork: false });
      }
    }
  }

  /** Runs in which one call fails: those of each kind spread over all calls. */
  async #walkFailures(start: MemoryFileSystem, share: number): Promise<void> {
    const until = this.#seen.size + share;
    const calls = await this.#callsOf(start);
    const every = Math.max(1, Math.floor((calls * 6) / Math.max(6, FAILING_CALLS * (share / 100))));
    for (const attempt of failingCalls(start, { every, first: 1 + (this.#options.seed % every) })) {
      const process = await this.#scenario.start(attempt.files);
      let answered = 0;
      attempt.arm();
      await process.work(() => answered++).catch(() => {});
      attempt.disarm();
      if (!attempt.wasReached) continue;
      const from = attempt.log.operations.length + 1;
      if (this.#seen.size >= until) continue;
      if (attempt.aftermath === 'goes-on' && process.goOn) {
        try {
          await process.goOn();
        } catch (error) {
          this.#find({ name: attempt.name, answered, isInSector: false, isInWork: false }, error);
        }
      }
      for (const { files, name } of crashStates(attempt.log, {
        from,
        seed: this.#options.seed,
        subsets: 2,
        sample: STATES_OF_ONE_FAILURE,
      }))
        await this.#look(files, 'failingCall', {
          name: `${attempt.name}, ${name}`,
          answered,
          isInSector: false,
          isInWork: false,
        });
    }
  }

  /** About how many calls the work makes. */
  async #callsOf(start: MemoryFileSystem): Promise<number> {
    const { log, from } = await this.#done(start.fork());
    return 2 * (log.operations.length - from + 1);
  }

  /** Looks at one image, if it is a new one, or if more had been answered than when it was met before: it counts once. */
  async #look(files: MemoryFileSystem, kind: CrashClass, cut: Cut): Promise<void> {
    const digest = await digestOf(files);
    const known = this.#seen.get(digest);
    if (known !== undefined && known >= cut.answered) return;
    this.#seen.set(digest, cut.answered);
    if (known === undefined) this.#classes[kind] += 1;
    try {
      const { steps, isResumed } = await this.#scenario.check(files, cut);
      if (steps < cut.answered) throw new Loss('lost', `${cut.answered} steps were answered, it has ${steps}`);
      if (known !== undefined) return;
      this.#count.powered += 1;
      if (isResumed) this.#count.resumed += 1;
    } catch (error) {
      this.#find(cut, error);
    }
  }

  #find({ name }: Cut, error: unknown): void {
    this.#count[error instanceof Loss ? error.kind : 'unopenable'] += 1;
    if (this.#findings.length >= (this.#options.findingsMax ?? 20)) return;
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#findings.push(`${this.#scenario.name}, seed ${this.#options.seed}, ${name}: ${what}`);
  }
}
