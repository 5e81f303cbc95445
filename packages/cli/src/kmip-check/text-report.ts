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
export function closingLines({ counts, keysLeft }: CheckReport, width: number): string[] {
  const summary = `${counts.pass} passed, ${counts.tolerated} tolerated, ${counts.fail} failed, ${counts['not tried']} not tried.`;
  const left = keysLeft.length === 0 ? [] : [`Keys that could not be destroyed: ${visibleLine(keysLeft.join(', '))}.`];
  return ['', ...[summary, ...left].flatMap((line) => wrap(line, '', width))];
}
