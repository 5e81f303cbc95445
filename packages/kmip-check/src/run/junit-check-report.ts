import { escapeXml } from '@vcryptsim/ports';
import type { CheckReport, CheckResult } from './check-key-server.js';

/**
 * A report of checks in the XML that CI systems read: one suite, a test case for each check. What is tolerated has
 * passed, and its output says what differs; what was not tried is skipped, with its reason.
 */
export function junitCheckReport({ server, profile, assumed, counts, results }: CheckReport): string {
  const seconds = (ms: number) => (ms / 1_000).toFixed(3);
  const totalMs = results.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const attributes = [
    ['name', `kmip check ${server}, profile: vCenter ${profile}`],
    ['tests', String(results.length)],
    ['failures', String(counts.fail)],
    ['skipped', String(counts['not tried'])],
    ['time', seconds(totalMs)],
  ] as const;
  const suite = attributes.map(([name, value]) => `${name}="${escapeXml(value)}"`).join(' ');
  const cases = results.map((result) => {
    const head = `    <testcase name="${result.name}" classname="kmip-check" time="${seconds(result.durationMs)}"`;
    const body = bodyOf(result);
    return body === '' ? `${head}/>\n` : `${head}>${body}</testcase>\n`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="vcryptsim">\n',
    `  <testsuite ${suite}>\n`,
    ...(assumed.length === 0 ? [] : [`    <properties>${assumed.map(assumption).join('')}</properties>\n`]),
    ...cases,
    '  </testsuite>\n</testsuites>\n',
  ].join('');
}

function assumption(fact: string): string {
  return `<property name="assumed" value="${escapeXml(fact)}"/>`;
}

/**
 * Three things that CI systems tell apart: a failure; what was not tried is skipped; what is tolerated has passed, with a
 * property `outcome` of that name beside its words.
 */
function bodyOf({ outcome, says, place, vcenter, evidence }: CheckResult): string {
  const where = place === undefined ? '' : `${place.message}, ${place.field}: `;
  const effect = vcenter === undefined ? '' : `\nvCenter ${vcenter}`;
  const text = escapeXml(`${where}${says}`);
  const kept = evidence === undefined ? '' : escapeXml(`\nmessages: ${evidence}`);
  if (outcome === 'fail') return `<failure message="${text}">${text}${escapeXml(effect)}${kept}</failure>`;
  if (outcome === 'not tried') return `<skipped message="${text}"/>`;
  if (outcome === 'pass') return kept === '' ? '' : `<system-out>${kept.trimStart()}</system-out>`;
  const property = '<properties><property name="outcome" value="tolerated"/></properties>';
  return `${property}<system-out>tolerated: ${text}${escapeXml(effect)}${kept}</system-out>`;
}
