import { type CheckReport, type CheckResult, KMIP_CHECKS } from '@vcryptsim/kmip-check';
import { visibleLine } from '@vcryptsim/ports';
import type { Paint } from '@vcryptsim/scenario-engine';

const OUTCOME_WIDTH = 'not tried'.length;
const NAME_WIDTH = Math.max(...KMIP_CHECKS.map(({ name }) => name.length));
const GAP = '  ';
const TEXT_WIDTH = 100;

/** One check as aligned lines: outcome, name, what was found; below it where, and what vCenter does. */
export function checkLines({ outcome, name, says, place, vcenter }: CheckResult, paint: Paint): string[] {
  const paints = { pass: paint.good, tolerated: paint.bold, fail: paint.bad, 'not tried': paint.dim };
  const indent = ' '.repeat(OUTCOME_WIDTH + NAME_WIDTH + 2 * GAP.length);
  const where = place === undefined ? '' : `${place.message}, ${place.field}: `;
  const [first = '', ...more] = wrapped(visibleLine(`${where}${says}`));
  const effect = vcenter === undefined ? [] : wrapped(`vCenter ${vcenter}`);
  return [
    `${paints[outcome](outcome.padEnd(OUTCOME_WIDTH))}${GAP}${name.padEnd(NAME_WIDTH)}${GAP}${first}`,
    ...[...more, ...effect].map((line) => indent + line),
  ];
}

/** The last lines: how many of each, and which keys stay on the server. */
export function closingLines({ counts, keysLeft }: CheckReport): string[] {
  const summary = `${counts.pass} passed, ${counts.tolerated} tolerated, ${counts.fail} failed, ${counts['not tried']} not tried.`;
  const left = keysLeft.length === 0 ? [] : [`Keys that could not be destroyed: ${visibleLine(keysLeft.join(', '))}.`];
  return ['', summary, ...left];
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > TEXT_WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
