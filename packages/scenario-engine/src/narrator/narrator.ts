import type { Observation } from '../run/observation.js';
import type { DiskDigest, RunResult, StepResult } from '../run/result.js';
import { formatDuration } from '../scenario/duration.js';
import type { Quiz, Scenario } from '../scenario/scenario.js';
import { describeWire } from '../world/describe-wire.js';
import type { World } from '../world/world.js';
import { keyPlaces, keyTable } from './key-places.js';
import { tables, wrap } from './layout.js';
import type { Paint } from './paint.js';

/** Digests of that many runs of written sectors are listed in full; of more, the first ones. */
const RUNS_SHOWN = 6;
/** Lines of the wire shown for a step, and then the number of those left out. */
const WIRE_SHOWN = 4;
/** Characters of a step's title that fit beside its mark and its time. */
const TITLE_SHOWN = 60;

/** Tells a run in sentences, as lines for a terminal of 80 columns. It only reads. */
export class Narrator {
  readonly #paint: Paint;
  #acts = 0;

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  /** What is about to run. */
  opening(scenario: Scenario, world: World): string[] {
    const { bold, dim } = this.#paint;
    const { kms, hosts, cluster, datastore, vms } = world.lab;
    const outside = world.externalKms === null ? '' : `, outside at ${world.externalKms}`;
    const lab = `${kms.nodes.join(', ')} (${kms.provider}${outside}) | vcenter | ${hosts.join(', ')} (${cluster}) | ${datastore}`;
    return [
      bold(scenario.name),
      ...wrap(scenario.about, ''),
      '',
      dim(`lab   ${lab}: ${Object.keys(vms).join(', ')}`),
      dim(`seed  ${world.seed} (keys made under a seed are not secret); XTS engine: ${world.engineName}`),
    ];
  }

  /** The head of an act. */
  act(title: string, text: string): string[] {
    this.#acts++;
    return ['', this.#paint.bold(`Act ${this.#acts}  ${title}`), ...wrap(text, '  '), ''];
  }

  /** One sentence of the story. */
  say(text: string): string[] {
    return wrap(text, '  ');
  }

  /** A question, before anything is done. */
  question(quiz: Quiz): string[] {
    return [...wrap(quiz.ask, '  ? '), ...quiz.choices.map((choice, index) => `    ${index + 1}  ${choice}`)];
  }

  /** The right answer and why; `given` is what the audience chose, or null. */
  answer(quiz: Quiz, given: number | null): string[] {
    const right = `${quiz.answer}  ${quiz.choices[quiz.answer - 1]}`;
    const judged = given === null ? '' : given === quiz.answer ? 'Right. ' : `Not ${given}. `;
    return [`    ${this.#paint.bold(`-> ${right}`)}`, ...wrap(judged + quiz.why, '    '), ''];
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
    return [
      `  ${mark} ${shorten(result.title)}${took}`,
      ...[...result.facts, ...(result.status === 'passed' ? refusal : [])].flatMap((fact) => wrap(fact, '         ')),
      ...wireLines.flatMap((line) => wrap(line, '       | ')).map(dim),
      ...result.failures.flatMap(({ what, wanted, found }) =>
        wrap(`${what}: wanted ${wanted}; found ${found}`, '       ! ').map(bad),
      ),
    ];
  }

  /** Where each key is now. */
  async keys(world: World): Promise<string[]> {
    const places = await keyPlaces(world);
    if (places.length === 0) return [];
    return tables(keyTable(world, places), '  ').flatMap(([head = '', ...rest]) => [
      '',
      this.#paint.bold(head),
      ...rest,
    ]);
  }

  /** The result, and where to look further. */
  closing(result: RunResult, commands: readonly string[]): string[] {
    const { good, bad, bold } = this.#paint;
    const passed = result.steps.filter((step) => step.status === 'passed').length;
    const verdict = result.status === 'passed' ? good('PASSED') : bad('FAILED');
    const violations = result.violations.map(
      ({ invariant, needle, where, offsetBytes }) => `  ! ${invariant}: ${needle} in ${where} at byte ${offsetBytes}`,
    );
    const secrets = violations.length === 0 ? 'none where it must not be' : 'found';
    return [
      '',
      ...result.digests.flatMap((digest) => this.#digest(digest)),
      `${bold(verdict)}  ${passed} of ${result.steps.length} steps, seed ${result.seed}, ${formatDuration(result.durationMs)} of the lab's time`,
      ...wrap(`Every byte of every file was searched for keys and plaintext: ${secrets}.`, '  '),
      ...violations.map(bad),
      ...(result.repeatable ? [] : [`  ${whyNotRepeatable(result)}`]),
      '',
      `The files of this run lie in ${result.folder}`,
      ...(commands.length === 0 ? [] : ['Look further:', ...commands.map((command) => `  ${command}`)]),
    ];
  }

  #digest({ vm, diskSha256, imageSha256, writtenSectors }: DiskDigest): string[] {
    const shown = writtenSectors
      .slice(0, RUNS_SHOWN)
      .map(({ lba, sectors }) => (sectors === 1 ? `${lba}` : `${lba}-${lba + sectors - 1}`));
    const more = writtenSectors.length > RUNS_SHOWN ? ` and ${writtenSectors.length - RUNS_SHOWN} more runs` : '';
    return [
      `  SHA-256 of the image           ${imageSha256}`,
      `  SHA-256 of the disk of ${vm.padEnd(8)}${diskSha256}`,
      `  They differ only in what the scenario wrote: sectors ${shown.join(', ') || 'none'}${more}`,
      '',
    ];
  }
}

function whyNotRepeatable({ externalKms }: RunResult): string {
  return externalKms === null
    ? 'On the real clock a run is not repeatable.'
    : `With the key server ${externalKms} outside a run is not repeatable.`;
}

/** A title that leaves room for its mark and its time on one line. */
function shorten(title: string): string {
  return title.length > TITLE_SHOWN ? `${title.slice(0, TITLE_SHOWN - 3)}...` : title;
}
