import { describe, expect, it } from 'vitest';
import { jsonReport, junitReport, type RunResult } from '../src/index.js';

const step = (
  number: number,
  status: 'passed' | 'failed' | 'skipped',
  verb = 'vm.write',
): RunResult['steps'][number] => ({
  number,
  verb,
  title: `vm.write: { text: "<a> & ${String.fromCharCode(0)}b" }`,
  file: 'x.yaml',
  line: 10 + number,
  status,
  startMs: 0,
  durationMs: 1_500,
  realMs: 20,
  failures: status === 'failed' ? [{ what: 'text', wanted: "'<a>'", found: 'nothing' }] : [],
  facts: [],
  inside: null,
  wire: [],
});

const result: RunResult = {
  scenario: 'A "quoted" name',
  file: 'x.yaml',
  seed: 42,
  clock: 'virtual',
  wire: 'tls',
  engine: 'native',
  externalKms: null,
  repeatable: true,
  status: 'failed',
  folder: '/run',
  durationMs: 61_000,
  realMs: 345,
  steps: [step(1, 'passed'), step(2, 'failed'), step(3, 'skipped'), step(4, 'passed', 'act'), step(5, 'passed', 'say')],
  violations: [{ invariant: 'no-dek-unsealed', needle: 'DEK #1', where: '/run/x', offsetBytes: 5, afterStep: 0 }],
  digests: [],
  eventLogSha256: 'e',
  datastoreSha256: 'd',
};

describe('junitReport', () => {
  const xml = junitReport([result]);

  it('counts a test case for each step and one for the last search; acts and sentences are no tests', () => {
    expect(xml).toContain('tests="4" failures="2" skipped="1" time="0.345"');
    expect(xml.match(/<testcase /g)).toHaveLength(4);
    expect(xml.match(/<failure /g)).toHaveLength(2);
    expect(xml.match(/<skipped\/>/g)).toHaveLength(1);
  });

  it('tells where, what was wanted and what was found', () => {
    expect(xml).toContain('classname="x.yaml:12"');
    expect(xml).toContain("text: wanted '&lt;a&gt;', seen nothing");
    expect(xml).toContain('no-dek-unsealed: DEK #1 in /run/x at byte 5');
    expect(xml).toContain('<property name="seed" value="42"/>');
  });

  it("has real seconds as time, and the lab's time as a property of suite and case", () => {
    expect(xml).toContain('<property name="labTimeSeconds" value="61.000"/>');
    expect(xml).toContain('time="0.020"><properties><property name="labTimeSeconds" value="1.500"/></properties>');
  });

  it('is XML whatever a title holds', () => {
    expect(xml).toContain('name="A &quot;quoted&quot; name"');
    expect(xml).toContain('&lt;a&gt; &amp; \\u{0}b');
    expect(xml).not.toContain(String.fromCharCode(0));
  });
});

describe('jsonReport', () => {
  it('is one object with its version, however many runs there were', () => {
    expect(JSON.parse(jsonReport([result]))).toEqual({ version: 1, runs: [result] });
    expect(JSON.parse(jsonReport([result, result]))).toEqual({ version: 1, runs: [result, result] });
    expect(JSON.parse(jsonReport([]))).toEqual({ version: 1, runs: [] });
  });
});
