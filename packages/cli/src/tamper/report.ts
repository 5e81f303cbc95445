import { visibleLine } from '@vcryptsim/ports';
import { labelled, wrap } from '@vcryptsim/scenario-engine/layout';
import { print, printJson } from '../output.js';
import { terminalWidth } from '../terminal/terminal-width.js';
import { type Change, hexRows } from './hex-rows.js';
import type { Outcome } from './outcome.js';
import type { Target } from './target.js';

/** What one `tamper` shows. */
export interface TamperReport {
  readonly action: 'flip' | 'swap' | 'replay' | 'rollback';
  readonly target: Target;
  /** What is done, in one sentence. */
  readonly says: string;
  readonly changes: readonly Change[];
  /** Lines of a text that differ, as `- now` and `+ older`. */
  readonly lines?: readonly string[];
  readonly outcome: Outcome;
  /** Sentences about what was written, or null where nothing was. */
  readonly written: readonly string[] | null;
}

/** Prints a report, as text or as one JSON document. */
export function printReport(report: TamperReport, json: boolean): void {
  if (json) printJson(asJson(report));
  else print(asText(report, terminalWidth()));
}

/** A sector in an extent is told with its block; elsewhere the offset is enough. */
export function placeOf(target: Target, offsetBytes: number): string {
  if (target.kind !== 'encrypted extent' && target.kind !== 'plain extent') return `byte ${offsetBytes}`;
  return `byte ${offsetBytes} (sector ${Math.floor(offsetBytes / 512)}, block ${Math.floor((offsetBytes % 512) / 16)} of its 32)`;
}

function asText({ target, says, changes, lines = [], outcome, written }: TamperReport, width: number): string {
  const paragraph = (label: string, text: string): string[] => labelled(label.padEnd(10), text, width);
  return `${[
    ...wrap(`${visibleLine(target.file)}: ${KIND_NAMES[target.kind]}, ${target.sizeBytes} bytes`, '', width),
    ...wrap(says, '', width),
    '',
    ...changes.flatMap((change) => hexRows(change)),
    ...lines.map((line) => visibleLine(line)),
    '',
    ...paragraph('does', outcome.does),
    ...paragraph('gains', outcome.gains),
    ...paragraph('noticed', outcome.noticed),
    '',
    ...(written ?? ['Nothing was written. Add --write to do it.']).flatMap((line) =>
      wrap(visibleLine(line), '', width),
    ),
  ].join('\n')}\n`;
}

function asJson({ action, target, changes, lines, outcome, written }: TamperReport): object {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return {
    action,
    file: target.file,
    kind: target.kind,
    sizeBytes: target.sizeBytes,
    changes: changes.map(({ offsetBytes, before, after }) => ({ offsetBytes, before: hex(before), after: hex(after) })),
    ...(lines === undefined ? {} : { lines }),
    ...outcome,
    written: written !== null,
  };
}

const KIND_NAMES: Readonly<Record<Target['kind'], string>> = {
  'encrypted extent': 'the data of an encrypted disk',
  'plain extent': 'the data of a disk that is not encrypted',
  VMX: 'the configuration of a VM',
  descriptor: 'the descriptor of a disk',
  'sealed file': 'a sealed file of a VM (NVRAM or a saved state)',
  other: 'no file of which it is known how a host reads it',
};
