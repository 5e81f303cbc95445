// In a file of its own, because it counts the sockets of the process.
import { beforeAll, describe, expect, it } from 'vitest';
import { type Cast, makeCast } from '../support/identities.js';
import { World } from '../support/world.js';

let cast: Cast;
beforeAll(async () => {
  cast = await makeCast();
});

describe('what is left of a network', () => {
  const tcp = () => process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length;

  it('is nothing once it is disposed of, and nobody is told of ends any more', async () => {
    const before = tcp();
    const world = new World(cast, { wire: 'tls' });
    let told = false;
    await world.clock.run(async () => {
      await world.serve('kms', () => {});
      for (let i = 0; i < 5; i++) {
        const channel = await world.connect('kms');
        const reading = channel.read();
        const tell = () => {
          told = true;
        };
        void reading.then(tell, tell);
      }
    });
    expect(tcp()).toBeGreaterThan(before);
    await world.dispose();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(tcp()).toBe(before);
    expect(told).toBe(false);
    expect(world.lines().filter((line) => !line.includes('accepts'))).toEqual([]);
  });
});
