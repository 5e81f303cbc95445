import { formatDuration } from '@vcryptsim/lab';
import { visibleJson, visibleLine } from '@vcryptsim/ports';
import { Document, visit, type YAMLMap, type YAMLSeq } from 'yaml';
import { type Topology, topologyText } from '../scenario/topology.js';
import type { JournalLine } from './order-journal.js';
import type { StepEntry } from './order-words.js';
import { UNMET } from './outcomes.js';

/*
 * `replay.yaml` in a lab's folder: a scenario that does what was done in the lab. It has a step for each order that was
 * done or refused (a refusal is then what is expected), `wait` for the time that passed between them on a real clock,
 * and a power cut of the site wherever the lab was started again. What only this lab can tell of is a comment: an order
 * that this machine could not do, one that was cut off.
 */

/** Shorter rests between two orders are left out. */
const REST_MS_MIN = 1_000;

/** The part before the first order. `schema` is where editors find the words of scenarios, from the file's folder. */
export function replayHead(topology: Topology, seed: number, schema?: string): string {
  const forEditors = schema === undefined ? '' : `# yaml-language-server: $schema=${visibleLine(schema)}\n`;
  const about = '# What was done in a lab, in the order in which it was done.\n';
  return `${forEditors}${about}${topologyText(topology, seed)}steps:\n  - say: This lab was set up.\n`;
}

/** Turns the lines of a journal into steps, one after the other. */
export class ReplaySteps {
  /** Orders that began and are not over yet. */
  readonly #open = new Map<number, Extract<JournalLine, { readonly order: number }>>();
  #restedAtMs: number | null = null;

  /** What a line adds to the file: nothing, or lines that each end with a line feed. */
  textOf(line: JournalLine): string {
    if ('order' in line) {
      this.#open.set(line.order, line);
      return this.#waitBefore(line.atMs);
    }
    if ('boot' in line) {
      this.#restedAtMs = line.atMs;
      return '  - site.power-cut: all\n';
    }
    const number = 'ended' in line ? line.ended : line.cut;
    const order = this.#open.get(number);
    this.#open.delete(number);
    if (order === undefined) return '';
    if ('cut' in line) return line.isThere ? stepText(order.step) : comment('cut off', order.step);
    this.#restedAtMs = line.atMs;
    if (line.outcome === 'done') return stepText(order.step);
    if (line.outcome === 'refused' && line.fault !== null) return stepText(refusedStep(order.step, line.fault));
    return comment(`${line.outcome}${line.fault === null ? '' : ` (${line.fault})`}`, order.step);
  }

  #waitBefore(atMs: number): string {
    const restMs = this.#restedAtMs === null ? 0 : atMs - this.#restedAtMs;
    if (restMs < REST_MS_MIN) return '';
    return `  - wait: ${restMs}ms # ${formatDuration(restMs)}\n`;
  }
}

/** The step with what came of it expected, in place of what it says itself. */
function refusedStep(step: StepEntry, fault: string): StepEntry {
  const { expect: _, ...bare } = step;
  return fault === UNMET ? bare : { ...bare, expect: { error: fault } };
}

function stepText(step: StepEntry): string {
  const lines = Object.entries(step).map(([word, value]) => `${flowText(word)}: ${flowText(value)}`);
  return lines.map((line, index) => `${index === 0 ? '  - ' : '    '}${line}\n`).join('');
}

function comment(why: string, step: StepEntry): string {
  const [[verb = '', value] = []] = Object.entries(step);
  return `  # ${visibleLine(`${why}: ${verb}: ${flowText(value)}`)}\n`;
}

/** A value of YAML on one line. One with characters that are not seen is written as JSON, which is YAML too. */
function flowText(value: unknown): string {
  const json = JSON.stringify(value);
  if (visibleJson(json) !== json) return visibleJson(json);
  const document = new Document(value);
  const onOneLine = (_key: unknown, node: YAMLMap | YAMLSeq): void => {
    node.flow = true;
  };
  visit(document, { Map: onOneLine, Seq: onOneLine });
  return document.toString({ lineWidth: 0, blockQuote: false, doubleQuotedMinMultiLineLength: 2 ** 31 }).trim();
}
