import {
  type DiskDigest,
  describeWire,
  formatDuration,
  keyPlaces,
  keyTable,
  namesOf,
  shownReleases,
  type World,
} from '@vcryptsim/lab';
import type { RunResult, StepResult } from '../reports/result.js';
import type { Quiz, Scenario } from '../scenario/scenario.js';
import type { Observation } from '../scene/observation.js';
import { failureLines, verdictOf } from './failure.js';
import { labelled, shortened, tables, wrap, wrapCommand } from './layout.js';
import type { Paint } from './paint.js';

/** Digests of that many runs of written sectors are listed in full; of more, the first ones. */
const RUNS_SHOWN = 6;
/** Lines of the wire shown for a step, and then the number of those left out. */
const WIRE_SHOWN = 4;
/** Columns beside a step's title: its mark, and how long it took. */
const BESIDE_TITLE = 20;
/** What a terminal has if it does not say. */
const DEFAULT_WIDTH = 80;

/** What a person can do after a run. */
export interface NextCommands {
  /** Runs the same once more, with its seed; shown after a failure. */
  readonly repeat: readonly string[];
  readonly lookFurther: readonly (readonly string[])[];
}

/** Tells a run in sentences, as lines for a terminal. It only reads. */
export class Narrator {
  readonly #paint: Paint;
  readonly #width: number;
  #acts = 0;

  /** @param width columns of the terminal */
  constructor(paint: Paint, width = DEFAULT_WIDTH) {
    this.#paint = paint;
    this.#width = width;
  }

  /** What is about to run. */
  opening(scenario: Scenario, world: World): string[] {
    const { bold, dim } = this.#paint;
    const { vms } = world.lab;
    const names = namesOf(world.lab);
    const { clusters, datastores, nodes, providers } = names;
    const outside = world.externalKms === null ? '' : `, outside at ${world.externalKms}`;
    const lab = `${nodes.join(', ')} (${providers.join(', ')}${outside}) | ${world.vcenterNames().join(', ')} | ${names.hosts.join(', ')} (${clusters.join(', ') || 'standalone'}) | ${datastores.join(', ')}`;
    return [
      ...this.#wrap(scenario.name, '').map(bold),
      ...this.#wrap(scenario.about, ''),
      '',
      ...this.#labelled('lab   ', `${lab}: ${Object.keys(vms).join(', ')}`).map(dim),
      ...this.#labelled('plays ', `${shownReleases(world.lab)} [ours O1: docs/fidelity.md]`).map(dim),
      ...this.#labelled(
        'seed  ',
        `${world.seed} (keys made under a seed are not secret); XTS engine: ${world.engineName}`,
      ).map(dim),
    ];
  }

  /** The head of an act. */
  act(title: string, text: string): string[] {
    this.#acts++;
    return ['', ...this.#wrap(`Act ${this.#acts}: ${title}`, '').map(this.#paint.bold), ...this.#wrap(text, '  '), ''];
  }

  /** One sentence of the story. */
  say(text: string): string[] {
    return this.#wrap(text, '  ');
  }

  /** A question, before anything is done. */
  question(quiz: Quiz): string[] {
    return [
      ...this.#labelled('  ? ', quiz.ask),
      ...quiz.choices.flatMap((choice, index) => this.#labelled(`    ${index + 1}  `, choice)),
    ];
  }

  /** The right answer and why; `given` is what the audience chose, or null. */
  answer(quiz: Quiz, given: number | null): string[] {
    const right = this.#labelled(`    -> ${quiz.answer}  `, quiz.choices[quiz.answer - 1] ?? '');
    const judged = given === null ? '' : given === quiz.answer ? 'Right. ' : `Not ${given}. `;
    return [...right.map(this.#paint.bold), ...this.#wrap(judged + quiz.why, '    '), ''];
  }

  /** What came of a step, and what was on the wire meanwhile. */
  step(result: StepResult, observed: Observation): string[] {
    const { good, bad, dim } = this.#paint;
    const mark = result.status === 'passed' ? good('ok  ') : bad('FAIL');
    const tookMs = result.durationMs;
    const took = tookMs >= 1_000 ? dim(`  (${formatDuration(tookMs)})`) : '';
    const refusal = observed.error === null ? [] : [`refused: ${observed.error.message}`];
    const wire = describeWire(observed);
    const wireLines = [
      ...wire.slice(0, WIRE_SHOWN),
      ...(wire.length > WIRE_SHOWN ? [`... ${wire.length - WIRE_SHOWN} more`] : []),
    ];
    const isBad = result.status !== 'passed';
    return [
      `  ${mark} ${shortened(`${result.inside === null ? '' : '- '}${result.title}`, this.#width - BESIDE_TITLE)}${took}`,
      ...(isBad ? [bad(`       at ${result.file}:${result.line}`)] : []),
      ...[...result.facts, ...(isBad ? [] : refusal)].flatMap((fact) => this.#wrap(fact, '         ')),
      ...wireLines.flatMap((line) => this.#wrap(line, '       | ')).map(dim),
      ...result.failures.flatMap((failure) => failureLines(failure, '       ', this.#width).map(bad)),
    ];
  }

  /** Where each key is now. */
  async keys(world: World): Promise<string[]> {
    const places = await keyPlaces(world);
    if (places.length === 0) return [];
    return tables(keyTable(world, places), '  ', this.#width).flatMap(([head = '', ...rest]) => [
      '',
      this.#paint.bold(head),
      ...rest,
    ]);
  }

  /** The result, and where to look further. After a failure the command that repeats it comes first. */
  closing(result: RunResult, { repeat, lookFurther }: NextCommands): string[] {
    const { good, bad } = this.#paint;
    const hasFailed = result.status === 'failed';
    const verdict = `${verdictOf(result)}, seed ${result.seed}, ${formatDuration(result.durationMs)} of the lab's time`;
    const violations = result.violations.map(
      ({ invariant, needle, where, offsetBytes }) => `${invariant}: ${needle} in ${where} at byte ${offsetBytes}`,
    );
    const secrets = violations.length === 0 ? 'none where it must not be' : 'found';
    return [
      '',
      ...(hasFailed ? ['Repeat it:', ...wrapCommand(repeat, '  ', this.#width), ''] : []),
      ...distinct(result.digests.map((digest) => this.#digest(digest))).flat(),
      ...this.#wrap(verdict, '').map(hasFailed ? bad : good),
      ...this.#wrap(`Every byte of every file was searched for keys and plaintext: ${secrets}.`, '  '),
      ...violations.flatMap((line) => this.#labelled('  ! ', line)).map(bad),
      ...(result.repeatable ? [] : this.#wrap(whyNotRepeatable(result), '  ')),
      '',
      ...this.#wrap(`The files of this run are in ${result.folder}`, ''),
      ...(lookFurther.length === 0 ? [] : ['Look further:']),
      ...lookFurther.flatMap((command) => wrapCommand(command, '  ', this.#width)),
    ];
  }

  #digest({ vm, diskSha256, imageSha256, writtenSectors }: DiskDigest): string[] {
    const shown = writtenSectors
      .slice(0, RUNS_SHOWN)
      .map(({ lba, sectors }) => (sectors === 1 ? `${lba}` : `${lba}-${lba + sectors - 1}`));
    const more = writtenSectors.length > RUNS_SHOWN ? ` and ${writtenSectors.length - RUNS_SHOWN} more runs` : '';
    const sectors = shown.join(', ') || 'none';
    return [
      '  SHA-256 of the image, and of the disk as its guest reads it:',
      `    ${imageSha256}`,
      `    ${diskSha256} (${vm})`,
      ...this.#wrap(`They differ only in what the scenario wrote: sectors ${sectors}${more}`, '  '),
      '',
    ];
  }

  #wrap(text: string, indent: string): string[] {
    return wrap(text, indent, this.#width);
  }

  /** A label, and a text beside it that goes on under its own beginning. */
  #labelled(label: string, text: string): string[] {
    return labelled(label, text, this.#width);
  }
}

/** Each block of lines once: a disk that was compared twice and had not changed is told of once. */
function distinct(blocks: readonly string[][]): string[][] {
  return [...new Map(blocks.map((lines) => [lines.join('\n'), lines])).values()];
}

function whyNotRepeatable({ externalKms }: RunResult): string {
  return externalKms === null
    ? 'A run on the real clock cannot be repeated exactly.'
    : `A run with an external key server (${externalKms}) cannot be repeated exactly.`;
}
