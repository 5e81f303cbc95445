import { type CheckReport, type CheckResult, KMIP_CHECKS } from '@vcryptsim/kmip-check';
import { visibleLine } from '@vcryptsim/ports';
import type { Paint } from '@vcryptsim/scenario-engine';
import { labelled, wrap } from '@vcryptsim/scenario-engine/layout';

const OUTCOME_WIDTH = 'not tried'.length;
const NAME_WIDTH = Math.max(...KMIP_CHECKS.map(({ name }) => name.length));
const GAP = '  ';

/** One check as aligned lines: outcome, name, what was found; below it where, and what vCenter does. */
export function checkLines(
  { outcome, name, says, place, vcenter }: CheckResult,
  paint: Paint,
  width: number,
): string[] {
  const paints = { pass: paint.good, tolerated: paint.bold, fail: paint.bad, 'not tried': paint.dim };
  const where = place === undefined ? '' : `${place.message}, ${place.field}: `;
  const mark = outcome.padEnd(OUTCOME_WIDTH);
  const head = `${mark}${GAP}${name.padEnd(NAME_WIDTH)}${GAP}`;
  const [first = '', ...more] = labelled(head, visibleLine(`${where}${says}`), width);
  const effect = vcenter === undefined ? [] : labelled(head, `vCenter ${vcenter}`, width);
  const indent = ' '.repeat(head.length);
  return [
    paints[outcome](mark) + first.slice(mark.length),
    ...more,
    ...effect
      .map((line) => (line.startsWith(mark) ? indent + line.slice(head.length) : line))
      .filter((line) => line.trim() !== ''),
  ];
}

/** The last lines: how many of each, and which keys stay on the server. */
export function closingLines({ counts, keysLeft, latencies, assumed }: CheckReport, width: number): string[] {
  const summary = `${counts.pass} passed, ${counts.tolerated} tolerated, ${counts.fail} failed, ${counts['not tried']} not tried.`;
  const left = keysLeft.length === 0 ? [] : [`Keys that could not be destroyed: ${visibleLine(keysLeft.join(', '))}.`];
  const unsure = assumed.length === 0 ? [] : ['', 'No source says this of the vCenter that was played:'];
  const assumptions = assumed.flatMap((fact) => labelled('  ', visibleLine(fact), width));
  return [
    ...['', ...latencyLines(latencies), ...unsure, ...assumptions, ''],
    ...[summary, ...left].flatMap((line) => wrap(line, '', width)),
  ];
}

/** vCenter gives a key server this long for each connection [ours O6]. */
const VCENTER_WAITS_MS = 30_000;

function latencyLines(latencies: CheckReport['latencies']): string[] {
  if (latencies.length === 0) return [];
  const width = Math.max(...latencies.map(({ operation }) => operation.length));
  const rows = latencies.map(
    ({ operation, count, medianMs, slowestMs }) =>
      `  ${operation.padEnd(width)}  ${String(count).padStart(6)}  ${ms(medianMs)}  ${ms(slowestMs)}`,
  );
  const head = `  ${''.padEnd(width)}   times     median    slowest`;
  return [`Answers (vCenter waits ${VCENTER_WAITS_MS / 1_000} s a connection [ours O6]):`, head, ...rows];
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`.padStart(9);
}
