// In a file of its own, because it counts the sockets of the process.
import net from 'node:net';
import { SystemClock, TlsNetwork } from '@vcryptsim/ports/os';
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

  it('is no time limit either, though connections never began their handshakes', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const network = new TlsNetwork(new SystemClock());
    const { address } = await network.listen(
      { host: '127.0.0.1', port: 0 },
      {
        identities: [cast.kms],
        judge: () => Promise.reject(new Error('nobody gets so far')),
        onChannel: async () => {},
      },
    );
    const before = timers();
    const socket = net.connect(address);
    socket.on('error', () => {});
    while (timers() === before) await new Promise((resolve) => setImmediate(resolve));
    await network.dispose();
    socket.destroy();
    expect(timers()).toBe(before);
  });
});
