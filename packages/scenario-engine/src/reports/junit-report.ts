import { escapeXml } from '@vcryptsim/ports';
import type { RunResult, StepResult } from './result.js';

/** Verbs that tell a story and test nothing. */
const STORY = ['act', 'say'];

/**
 * Results in the XML that CI systems read: a test suite for each run, a test case for each step but acts and sentences,
 * and one more for the search at the end. `time` is real seconds, as CI systems take it; the lab's time is a property.
 */
export function junitReport(results: readonly RunResult[]): string {
  const suites = results.map(suite).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="vcryptsim">\n${suites}</testsuites>\n`;
}

function suite(result: RunResult): string {
  const steps = result.steps.filter(({ verb, status }) => !STORY.includes(verb) || status === 'failed');
  const failed = steps.filter((step) => step.status === 'failed').length;
  const skipped = steps.filter((step) => step.status === 'skipped').length;
  const atEnd = result.violations.filter((violation) => violation.afterStep === 0);
  const attributes = [
    ['name', result.scenario],
    ['tests', String(steps.length + 1)],
    ['failures', String(failed + (atEnd.length > 0 ? 1 : 0))],
    ['skipped', String(skipped)],
    ['time', seconds(result.realMs)],
  ] as const;
  const properties = [
    ['seed', String(result.seed)],
    ['clock', result.clock],
    ['wire', result.wire],
    ['engine', result.engine],
    ['labTimeSeconds', seconds(result.durationMs)],
    ['eventLogSha256', result.eventLogSha256],
  ] as const;
  const last = testCase('no byte of any file holds a secret', result.file, 0, atEnd.map(sentence), false);
  return [
    `  <testsuite ${attributes.map(([name, value]) => `${name}="${escapeXml(value)}"`).join(' ')}>\n`,
    '    <properties>\n',
    ...properties.map(([name, value]) => `      <property name="${name}" value="${escapeXml(value)}"/>\n`),
    '    </properties>\n',
    ...steps.map((step) => stepCase(step)),
    last,
    '  </testsuite>\n',
  ].join('');
}

function stepCase(step: StepResult): string {
  const failures = step.failures.map(({ what, wanted, found }) => `${what}: wanted ${wanted}, seen ${found}`);
  const name = `${step.number} ${step.title}`;
  const property = `<properties><property name="labTimeSeconds" value="${seconds(step.durationMs)}"/></properties>`;
  const where = `${step.file}:${step.line}`;
  return testCase(name, where, step.realMs, failures, step.status === 'skipped', property);
}

function testCase(
  name: string,
  where: string,
  ms: number,
  failures: readonly string[],
  skipped: boolean,
  properties = '',
): string {
  const head = `    <testcase name="${escapeXml(name)}" classname="${escapeXml(where)}" time="${seconds(ms)}"`;
  if (skipped) return `${head}>${properties}<skipped/></testcase>\n`;
  if (failures.length === 0) return properties === '' ? `${head}/>\n` : `${head}>${properties}</testcase>\n`;
  const [first = ''] = failures;
  return `${head}>${properties}<failure message="${escapeXml(first)}">${escapeXml(failures.join('\n'))}</failure></testcase>\n`;
}

function sentence({ invariant, needle, where, offsetBytes }: RunResult['violations'][number]): string {
  return `${invariant}: ${needle} in ${where} at byte ${offsetBytes}`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
