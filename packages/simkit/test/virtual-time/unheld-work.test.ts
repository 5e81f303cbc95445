import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OsFileSystem, SystemKeyPairs } from '@vcryptsim/ports/os';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Cast, makeCast } from '../support/identities.js';
import { healthPoll } from '../support/scenarios.js';
import { watchForUnheldWork } from '../support/unheld-work.js';
import { World } from '../support/world.js';

let cast: Cast;
beforeAll(async () => {
  cast = await makeCast();
});

async function unheldWorkOf(scenario: (w: World) => Promise<unknown>): Promise<string[]> {
  const world = new World(cast, { wire: 'tls' });
  const watch = watchForUnheldWork(world.clock);
  try {
    await world.clock.run(() => scenario(world));
  } finally {
    watch.stop();
    await world.dispose();
  }
  return watch.found;
}

describe('work of other threads under virtual time', () => {
  it('is held, wherever our adapters start it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-held-'));
    const files = new OsFileSystem();
    const found = await unheldWorkOf(async (w) => {
      await healthPoll(3)(w);
      await new SystemKeyPairs(w.clock).generate('ec-p256');
      await w.clock.task('hash', () => webcrypto.subtle.digest('SHA-256', new Uint8Array(1000)));
      const handle = await files.open(`${folder}/a`, { access: 'write', create: 'exclusive' });
      await handle.pwrite(new Uint8Array(5000), 0);
      await handle.fsync();
      await handle.close();
    });
    rmSync(folder, { recursive: true });
    expect(found).toEqual([]);
  });

  it.each([
    ['a hash', () => webcrypto.subtle.digest('SHA-256', new Uint8Array(1000))],
    ['a file', () => readFile(import.meta.filename)],
  ])('is seen when somebody forgets: %s', async (_name, work) => {
    expect((await unheldWorkOf(async () => void work())).length).toBeGreaterThan(0);
  });
});
