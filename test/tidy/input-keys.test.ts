// A name that comes from outside never looks into a plain object: `constructor` and `__proto__` are in every one. Tables
// that input reads are Maps (or made without a prototype); tables by a closed union of our own names may stay objects.
import { describe, expect, it } from 'vitest';
import { findings, packageSources, type SourceFile, sample } from './source.js';

/** Where bytes of strangers are read. */
const READS_INPUT = /^packages\/(?:kms|kmip-lite|pki|ports|hypervisor|vcenter|trust-authority|durable-log)\/src\//;
/** `const TABLE: Readonly<Record<string, T>> = {`: any text may be looked up in it, or set. */
const OPEN_TABLE =
  /\b(?:const|let)\s+\w+\s*:\s*(?:(?:Readonly<)?Record<string,[^=]*>|\{\s*\[\w+:\s*string\][^=]*\})\s*=\s*\{/g;

function openTables(file: SourceFile): string[] {
  return READS_INPUT.test(file.path) ? findings(file, OPEN_TABLE) : [];
}

describe('tables that input reads', () => {
  it('are Maps', () => {
    expect(packageSources().flatMap(openTables)).toEqual([]);
  });

  it('are noticed when they are not', () => {
    const path = 'packages/kms/src/a.ts';
    const bad = [
      'const TABLE: Readonly<Record<string, number>> = { a: 1 };',
      'const TABLE: Record<string, readonly string[]> = {};',
      'const counts: { [name: string]: number } = {};',
    ];
    for (const line of bad) expect(openTables(sample(path, line)).length, line).toBeGreaterThan(0);
    const good = [
      'const TABLE: ReadonlyMap<string, number> = new Map();',
      "const TABLE: Readonly<Record<'a' | 'b', number>> = { a: 1, b: 2 };",
      'const names: Readonly<Record<string, number>> | undefined = undefined;',
    ];
    for (const line of good) expect(openTables(sample(path, line)), line).toEqual([]);
  });
});
