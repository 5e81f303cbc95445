import type { LabNames, LabOrder, LabPlaces, LabWords, OrderAnswer, World } from '@vcryptsim/lab';
import { type FileHandle, type FileSystem, replaceFile } from '@vcryptsim/ports';
import { stringify } from 'yaml';
import type { ScenarioProblem } from '../language/problem.js';
import { YamlSource } from '../language/yaml-source.js';
import { asFailure, takeStep } from '../run/take-step.js';
import { bindSteps } from '../scenario/bind-steps.js';
import type { PlannedStep } from '../scenario/scenario.js';
import type { Topology } from '../scenario/topology.js';
import type { Listener } from '../scene/listener.js';
import { STEPS } from '../steps/registry.js';
import { liveNames } from './live-names.js';
import { type JournalLine, OrderJournal } from './order-journal.js';
import { OrderError, readOrder, type StepEntry } from './order-words.js';
import { answer, notUnderstood, refused, UNMET } from './outcomes.js';
import { ReplaySteps, replayHead } from './replay-text.js';

/** The file holds no secrets beyond what was typed. */
const MODE = 0o600;

const NOBODY_LISTENS: Listener = { act: () => {}, say: () => {}, progress: () => {} };

/** What the orders of a lab need. */
export interface LabOrdersOptions {
  readonly world: World;
  readonly topology: Topology;
  readonly seed: number;
  /** The system's files, beside those of the world. */
  readonly files: FileSystem;
  readonly places: LabPlaces;
  /** Where editors find the words of scenarios, from the lab's folder; `replay.yaml` names it in its first line. */
  readonly schema?: string;
}

/** Takes the orders of a lab: reads them by the words of the scenario language, does them, and writes the replay. */
export class LabOrders {
  readonly #o: LabOrdersOptions;
  readonly #journal: OrderJournal;
  readonly #replay: FileHandle;
  readonly #steps: ReplaySteps;
  #endBytes: number;
  #orders: number;

  private constructor(
    o: LabOrdersOptions,
    parts: { journal: OrderJournal; replay: FileHandle; steps: ReplaySteps; endBytes: number; orders: number },
  ) {
    this.#o = o;
    this.#journal = parts.journal;
    this.#replay = parts.replay;
    this.#steps = parts.steps;
    this.#endBytes = parts.endBytes;
    this.#orders = parts.orders;
  }

  /**
   * Goes on where an earlier process ended, or begins. Writes the replay of all that was ordered so far.
   *
   * @throws LabError LAB_DAMAGED; FileError
   */
  static async open(o: LabOrdersOptions): Promise<LabOrders> {
    const { files, places, world } = o;
    const { journal, lines } = await OrderJournal.open(files, places.orders);
    const all = [...lines];
    const add = async (line: JournalLine) => {
      await journal.add(line);
      all.push(line);
    };
    for (const order of unfinished(lines)) {
      const made = madeBy(order.step);
      await add({ cut: order.order, isThere: made !== null && world.vms.all().some(({ name }) => name === made) });
    }
    const boots = lines.filter((line) => 'boot' in line).length;
    await add({ boot: boots + 1, atMs: world.clock.nowMs });
    const steps = new ReplaySteps();
    // The first boot is the beginning of the scenario itself.
    const texts = all.map((line) => ('boot' in line && line.boot === 1 ? '' : steps.textOf(line)));
    const text = new TextEncoder().encode(replayHead(o.topology, o.seed, o.schema) + texts.join(''));
    await replaceFile(files, places.replay, text, MODE);
    const replay = await files.open(places.replay, { access: 'write' });
    const orders = all.filter((line) => 'order' in line).length;
    return new LabOrders(o, { journal, replay, steps, endBytes: text.length, orders });
  }

  /** Does one order. @throws what {@link takeStep} throws, when the world cannot go on; FileError of the journal */
  async execute(order: LabOrder): Promise<OrderAnswer> {
    const read = await this.#read(order);
    if ('answer' in read) return read.answer;
    const { world } = this.#o;
    const { entry, step } = read;
    const number = ++this.#orders;
    await this.#note({ order: number, atMs: world.clock.nowMs, step: entry });
    const { answer, code } = await this.#do(step, number);
    await this.#note({ ended: number, atMs: world.clock.nowMs, outcome: answer.outcome, fault: code });
    return answer;
  }

  /** The words that orders can be made of. */
  words(): LabWords {
    const { vms, hosts, nodes, clusters, policies, roles } = liveNames(this.#o.topology.lab, this.#o.world);
    const verbs = STEPS.map(({ verb, about, example, fields }) => ({ verb, about, example, fields }));
    return { verbs, names: [...vms, ...hosts, ...nodes, ...clusters, ...policies, ...roles] };
  }

  /** Closes the files. */
  async close(): Promise<void> {
    await this.#journal.close();
    await this.#replay.close();
  }

  async #note(line: JournalLine): Promise<void> {
    await this.#journal.add(line);
    const bytes = new TextEncoder().encode(this.#steps.textOf(line));
    await this.#replay.pwrite(bytes, this.#endBytes);
    this.#endBytes += bytes.length;
  }

  async #read({ text, as }: LabOrder): Promise<{ entry: StepEntry; step: PlannedStep } | { answer: OrderAnswer }> {
    try {
      let problems: readonly ScenarioProblem[] = [];
      for (const said of readOrder(text)) {
        if (as !== null && 'as' in said) throw new OrderError("The order itself says 'as'; leave --as out.");
        const entry = as === null ? said : { ...said, as };
        const bound = await bind(entry, liveNames(this.#o.topology.lab, this.#o.world));
        if (bound.step !== null) return { entry, step: bound.step };
        problems = bound.problems;
      }
      return { answer: notUnderstood(problems.map(sentenceOf).join('\n')) };
    } catch (error) {
      if (error instanceof OrderError) return { answer: notUnderstood(error.message) };
      throw error;
    }
  }

  /** @returns the answer, and the code by which a scenario expects the same */
  async #do(step: PlannedStep, number: number): Promise<{ answer: OrderAnswer; code: string | null }> {
    const { world } = this.#o;
    const place = { world, audience: NOBODY_LISTENS, digests: [] };
    const { observed, refusal, failures, violations } = await world.run(() => takeStep(step, number, place));
    if (refusal !== null) return { answer: refused(refusal, step, world.hasDiskFaults), code: refusal.code };
    const wrong = [...failures, ...violations.map(asFailure)];
    const [first] = wrong;
    if (first === undefined) return { answer: answer('done', null, step, observed.facts.join('\n')), code: null };
    const says = wrong.map(({ what, wanted, found }) => `${what}: wanted ${wanted}, found ${found}`);
    return { answer: answer('refused', UNMET, step, says.join('\n')), code: UNMET };
  }
}

async function bind(
  entry: StepEntry,
  names: LabNames,
): Promise<{ readonly step: PlannedStep | null; readonly problems: readonly ScenarioProblem[] }> {
  const source = new YamlSource('order', stringify([entry]));
  const place = { source, path: [], names };
  const nothingBeside = (word: string) => [source.problemAtKey([0], word, `an order has no '${word}'`)];
  const beside = ['use', 'repeat', 'together', 'meanwhile', 'quiz'].find((word) => word in entry);
  if (beside !== undefined) return { step: null, problems: nothingBeside(beside) };
  const { steps, problems } = await bindSteps([entry], place, async () => ({ steps: [], problems: [] }));
  return { step: problems.length === 0 ? (steps[0] ?? null) : null, problems };
}

/** Orders that began and never ended: the lab was cut off in them. */
function unfinished(lines: readonly JournalLine[]): Extract<JournalLine, { readonly order: number }>[] {
  const over = new Set(lines.flatMap((line) => ('ended' in line ? line.ended : 'cut' in line ? line.cut : [])));
  return lines.flatMap((line) => ('order' in line && !over.has(line.order) ? line : []));
}

/** Name of the VM that a step makes, or null. */
function madeBy(step: StepEntry): string | null {
  const made = step['vm.create'];
  if (typeof made === 'string') return made;
  return typeof made === 'object' && made !== null && 'vm' in made ? String(made.vm) : null;
}

/** What is wrong with an order, as a sentence: it has one line, so its place is left out. */
function sentenceOf({ message, nearest }: ScenarioProblem): string {
  const hint = nearest === undefined ? '' : ` Did you mean '${nearest}'?`;
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.${hint}`;
}
