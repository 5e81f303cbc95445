// A key that crossed a wire must not stay behind in buffers of ours once its reader has zeroed it (design rule 7).
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { OsFileSystem, SystemEntropy } from '@vcryptsim/ports/os';
import { SecretRecorder, SeededEntropy } from '@vcryptsim/simkit';
import { ByteScanner, scanOwnMemory } from '@vcryptsim/simkit/scan';
import { beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../../test/support/left-out.js';
import { type Cast, makeCast } from '../support/identities.js';
import { World } from '../support/world.js';

const readable = existsSync('/proc/self/mem');
if (!readable) leftOut('key over the wire', 'there is no /proc/self/mem here');

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

let cast: Cast;
beforeAll(async () => {
  cast = await makeCast();
});

describe.runIf(readable).each(['tls', 'memory'] as const)('a key over the %s wire', (wire) => {
  it('is found while its reader has it, and in no buffer of ours afterwards', async () => {
    const recorder = new SecretRecorder(new SystemEntropy());
    const entropy = new SeededEntropy(Date.now(), { recorder });
    const scanner = () => new ByteScanner(recorder.draws().map(({ label, bytes }) => ({ name: label, bytes })));
    const copies = async () => {
      collectGarbage();
      return (await scanOwnMemory(new OsFileSystem(), scanner())).map((match) => match.region);
    };
    const world = new World(cast, { wire });
    let held: Uint8Array = new Uint8Array();
    try {
      await world.clock.run(async () => {
        await world.serve('kms', async (channel) => {
          const frame = new Uint8Array(300);
          const key = entropy.secret(32, 'kek');
          frame.set(key, 150);
          key.fill(0);
          await channel.write(frame);
          frame.fill(0);
        });
        const channel = await world.connect('kms');
        await channel.write(Uint8Array.of(1));
        held = (await channel.read()) ?? held;
        await channel.close();
      });
      expect((await copies()).length).toBeGreaterThanOrEqual(1);
      held.fill(0);
    } finally {
      await world.dispose();
    }
    const left = await copies();
    // Node decrypts into a buffer on the native stack, where a stale copy may lie until something overwrites it.
    expect(left.filter((region) => region !== '[stack]')).toEqual([]);
    expect(left.length).toBeLessThanOrEqual(1);
  });
});
