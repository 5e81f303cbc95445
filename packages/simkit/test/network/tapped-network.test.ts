import { peerJudge } from '@vcryptsim/pki';
import { type TapObserver, TappedNetwork } from '@vcryptsim/simkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Cast, makeCast } from '../support/identities.js';
import { World } from '../support/world.js';

let cast: Cast;
beforeAll(async () => {
  cast = await makeCast();
});

describe('TappedNetwork', () => {
  const inWorld = async (scenario: (w: World, network: TappedNetwork) => Promise<void>): Promise<string[]> => {
    const seen: string[] = [];
    const name = ({ number, from, to }: { number: number; from: string; to: string }) => `${number} ${from}>${to}`;
    const observer: TapObserver = {
      opened: (connection) => seen.push(`${name(connection)} opened`),
      frame: ({ connection, direction, bytes }) =>
        seen.push(`${name(connection)} ${direction} ${new TextDecoder().decode(bytes)}`),
      closed: (connection, { toServerBytes, toClientBytes }) =>
        seen.push(`${name(connection)} closed ${toServerBytes}/${toClientBytes}`),
    };
    const w = new World(cast, { wire: 'memory' });
    await w.clock.run(() => scenario(w, new TappedNetwork(w.wire, 'vcenter', observer)));
    return seen;
  };
  const dial = (w: World, network: TappedNetwork) =>
    network.connect({ name: 'kms' }, { identity: cast.vcenter, judge: peerJudge(cast.trust, w.clock) });

  it('shows both directions in the clear, connection by connection', async () => {
    const seen = await inWorld(async (w, network) => {
      await w.serve('kms', (channel, request) => channel.write(request));
      const first = await dial(w, network);
      const second = await dial(w, network);
      await second.write(new TextEncoder().encode('get 2'));
      await first.write(new TextEncoder().encode('get 1'));
      await first.read();
      await second.read();
      await first.close();
      await first.close();
      await second.abort();
    });
    expect(seen).toEqual([
      '1 vcenter>kms opened',
      '2 vcenter>kms opened',
      '2 vcenter>kms to-server get 2',
      '1 vcenter>kms to-server get 1',
      '1 vcenter>kms to-client get 1',
      '2 vcenter>kms to-client get 2',
      '1 vcenter>kms closed 5/5',
      '2 vcenter>kms closed 5/5',
    ]);
  });

  it('reports empty connections, and those that the server ends', async () => {
    const seen = await inWorld(async (w, network) => {
      await w.serve('kms', (channel) => channel.close());
      await (await dial(w, network)).close();
      const channel = await dial(w, network);
      await channel.write(new TextEncoder().encode('x'));
      expect(await channel.read()).toBeNull();
      expect(await channel.read()).toBeNull();
      await channel.close();
    });
    expect(seen.filter((line) => line.includes('closed'))).toEqual([
      '1 vcenter>kms closed 0/0',
      '2 vcenter>kms closed 1/0',
    ]);
  });

  it('says nothing of a dial that failed', async () => {
    const seen = await inWorld(async (w, network) => {
      await expect(dial(w, network)).rejects.toMatchObject({ code: 'REFUSED' });
    });
    expect(seen).toEqual([]);
  });
});
