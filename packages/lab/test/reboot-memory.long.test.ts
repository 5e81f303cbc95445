// Rule 7 of the house: a reboot is honest. What was in a host's memory is really gone from this process.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { temporaryFolder } from './support/temporary-folder.js';

const CHILD = resolve(dirname(fileURLToPath(import.meta.url)), 'support/reboot-memory.mjs');

interface Found {
  readonly needle: string;
  readonly region: string;
}
interface Look {
  /** Names of what was looked for. */
  readonly needles: readonly string[];
  readonly found: readonly Found[];
}
interface Answer {
  readonly before: Look;
  readonly after: Look;
  readonly locked: string;
}

const canRead = existsSync('/proc/self/mem');
if (!canRead) leftOut('search of our own memory after a reboot', 'this system has no /proc/self/mem');

describe.runIf(canRead)('the memory of a host', () => {
  it.each(['tls', 'memory'])('[S03] holds KEKs and DEKs before a reboot and none after it (%s wire)', (wire) => {
    const folder = join(temporaryFolder(), 'run');
    const child = spawnSync(process.execPath, ['--expose-gc', CHILD, folder, wire], { encoding: 'utf8' });
    expect(child.stderr).toBe('');
    const { before, after, locked } = JSON.parse(child.stdout) as Answer;
    // Six needles: two KEKs (of the VM, and the host key), and each half of two DEKs (of the VM home, and of the disk).
    const kinds = before.needles.map((name) =>
      name.replace(/^(kek|DEK of disk|DEK of VM home) .*?(half)?$/, '$1 $2').trim(),
    );
    expect(kinds.sort()).toEqual([
      'DEK of VM home half',
      'DEK of VM home half',
      'DEK of disk half',
      'DEK of disk half',
      'kek',
      'kek',
    ]);
    // Every one of them is found while the VM runs, so that finding none afterwards says something.
    expect(new Set(before.found.map(({ needle }) => needle))).toEqual(new Set(before.needles));
    expect(locked).toBe('locked');
    expect(after).toEqual({ needles: before.needles, found: [] });
  });
});
