// Rule 7 of the house: a reboot is honest. What was in a host's memory is really gone from this process.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { temporaryFolder } from './support/run.js';

const CHILD = resolve(dirname(fileURLToPath(import.meta.url)), 'support/reboot-memory.mjs');

interface Found {
  readonly needle: string;
  readonly region: string;
}
interface Answer {
  readonly before: readonly Found[];
  readonly after: readonly Found[];
  readonly locked: string;
  readonly needles: number;
}

const canRead = existsSync('/proc/self/mem');
if (!canRead) leftOut('search of our own memory after a reboot', 'this system has no /proc/self/mem');

describe.runIf(canRead)('the memory of a host', () => {
  it.each(['tls', 'memory'])('[S03] holds KEKs and DEKs before a reboot and none after it (%s wire)', (wire) => {
    const folder = join(temporaryFolder(), 'run');
    const child = spawnSync(process.execPath, ['--expose-gc', CHILD, folder, wire], { encoding: 'utf8' });
    expect(child.stderr).toBe('');
    const { before, after, locked, needles } = JSON.parse(child.stdout) as Answer;
    // Two KEKs (VM, host key), two DEKs (VM home, disk), each DEK looked for by its halves.
    expect(needles).toBe(4);
    const foundBefore = new Set(before.map(({ needle }) => needle));
    expect([...foundBefore].filter((name) => name.startsWith('kek'))).toHaveLength(2);
    expect([...foundBefore].filter((name) => name.startsWith('DEK of disk'))).toHaveLength(2);
    expect(locked).toBe('locked');
    expect(after).toEqual([]);
  });
});
