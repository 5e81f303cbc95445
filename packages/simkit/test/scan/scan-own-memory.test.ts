import { createSecretKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { OsFileSystem, SystemEntropy } from '@vcryptsim/ports/os';
import { SecretRecorder, SeededEntropy } from '@vcryptsim/simkit';
import { ByteScanner, scanOwnMemory } from '@vcryptsim/simkit/scan';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../../../test/support/left-out.js';

const readable = existsSync('/proc/self/mem');
if (!readable) leftOut('scan of own memory', 'there is no /proc/self/mem here');

describe.runIf(readable)('scanOwnMemory', () => {
  const copies = async (recorder: SecretRecorder) => {
    const needles = recorder.draws().map((draw) => ({ name: draw.label, bytes: draw.bytes }));
    return (await scanOwnMemory(new OsFileSystem(), new ByteScanner(needles))).map((match) => match.form);
  };

  it('finds a live key, and not one that was zeroed; its own traces it leaves out', async () => {
    const recorder = new SecretRecorder(new SystemEntropy());
    const key = new SeededEntropy(Date.now(), { recorder }).secret(32, 'kek');
    expect(await copies(recorder)).toEqual(['raw']);
    key.fill(0);
    expect(await copies(recorder)).toEqual([]);
  });

  it('finds the copy inside a KeyObject', async () => {
    const recorder = new SecretRecorder(new SystemEntropy());
    const key = new SeededEntropy(Date.now() + 1, { recorder }).secret(32, 'kek');
    const holder = createSecretKey(key);
    key.fill(0);
    expect(await copies(recorder)).toEqual(['raw']);
    expect(holder.symmetricKeySize).toBe(32);
  });
});
