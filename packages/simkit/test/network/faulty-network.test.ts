import { peerJudge } from '@vcryptsim/pki';
import type { Channel } from '@vcryptsim/ports';
import { FaultyNetwork } from '@vcryptsim/simkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Cast, makeCast, SECOND, START_MS } from '../support/identities.js';
import { codeOf, World } from '../support/world.js';

let cast: Cast;
beforeAll(async () => {
  cast = await makeCast();
});

const text = (bytes: Uint8Array | null) => (bytes ? new TextDecoder().decode(bytes) : 'EOF');
const bytes = (words: string) => new TextEncoder().encode(words);

describe.each(['tls', 'memory'] as const)('FaultyNetwork over the %s network', (wire) => {
  /** A world with an echo server, and a client's network that can be broken. */
  const inWorld = async (scenario: (o: Parts) => Promise<void>) => {
    const w = new World(cast, { wire });
    const network = new FaultyNetwork(w.wire, w.clock);
    const judge = peerJudge(cast.trust, w.clock);
    const dial = (signal?: AbortSignal) =>
      network.connect({ name: 'kms' }, { identity: cast.host, judge, ...(signal ? { signal } : {}) });
    try {
      await w.clock.run(async () => {
        await w.serve('kms', (channel, request) => channel.write(request));
        await scenario({ w, network, dial, seconds: () => (w.clock.nowMs - START_MS) / SECOND });
      });
    } finally {
      await w.dispose();
    }
  };
  interface Parts {
    readonly w: World;
    readonly network: FaultyNetwork;
    readonly dial: (signal?: AbortSignal) => Promise<Channel>;
    readonly seconds: () => number;
  }
  const say = async (channel: Channel, words: string) => {
    await channel.write(bytes(words));
    return text(await channel.read());
  };

  it('changes nothing without a fault', () =>
    inWorld(async ({ dial, network, seconds }) => {
      const channel = await dial();
      expect(await say(channel, 'hello')).toBe('hello');
      expect(channel.peer.subject).toBe('CN=kms');
      await channel.close();
      await expect(channel.read()).rejects.toMatchObject({ code: 'CLOSED' });
      expect(network.faultOf('kms')).toBeNull();
      expect(seconds()).toBe(0);
    }));

  it('refuses, and breaks what is open on both sides, until it is mended', () =>
    inWorld(async ({ w, dial, network }) => {
      const channel = await dial();
      const reading = channel.read().catch(codeOf);
      network.set('kms', { kind: 'refuse' });
      expect(await reading).toBe('RESET');
      await expect(channel.write(bytes('x'))).rejects.toMatchObject({ code: 'RESET' });
      await expect(dial()).rejects.toMatchObject({ code: 'REFUSED' });
      await w.clock.after(0);
      expect(w.lines()).toEqual(['0 kms accepts CN=host', '0 kms channel RESET']);
      network.clear('kms');
      expect(await say(await dial(), 'again')).toBe('again');
    }));

  it('hangs: a limit fires in virtual time, and the server never got the question', () =>
    inWorld(async ({ w, dial, network, seconds }) => {
      const channel = await dial();
      network.set('kms', { kind: 'hang' });
      const asking = w.clock.within(30 * SECOND, say(channel, 'hello'), () => void channel.abort());
      await expect(asking).rejects.toMatchObject({ code: 'TIMED_OUT' });
      expect(seconds()).toBe(30);
      const giveUp = new AbortController();
      const dialling = w.clock.within(5 * SECOND, dial(giveUp.signal), () => giveUp.abort());
      await expect(dialling).rejects.toMatchObject({ code: 'TIMED_OUT' });
      network.clear('kms');
      await w.clock.after(SECOND);
      expect(w.lines()).toEqual(['0 kms accepts CN=host', '30 kms channel RESET']);
    }));

  it('hangs: what was held back goes on in its order when it is mended', () =>
    inWorld(async ({ w, dial, network, seconds }) => {
      const channel = await dial();
      network.set('kms', { kind: 'hang' });
      const dialling = dial();
      await channel.write(bytes('one '));
      await channel.write(bytes('two '));
      const answer = channel.read();
      await w.clock.after(60 * SECOND);
      network.clear('kms');
      await channel.write(bytes('three'));
      let got = text(await answer);
      while (got.length < 13) got += text(await channel.read());
      expect(got).toBe('one two three');
      expect(await say(await dialling, 'late')).toBe('late');
      expect(seconds()).toBe(60);
    }));

  it('holds an answer back that was on its way when the hang began', () =>
    inWorld(async ({ w, dial, network, seconds }) => {
      const channel = await dial();
      await channel.write(bytes('hello'));
      network.set('kms', { kind: 'hang' });
      const reading = channel.read();
      let read = false;
      void reading.then(() => {
        read = true;
      });
      await w.clock.after(10 * SECOND);
      expect(read).toBe(false);
      network.clear('kms');
      expect(text(await reading)).toBe('hello');
      expect(seconds()).toBe(10);
    }));

  it('is slow by so much for each dial and each answer', () =>
    inWorld(async ({ w, dial, network, seconds }) => {
      network.set('kms', { kind: 'slow', delayMs: 4 * SECOND });
      const channel = await dial();
      expect(seconds()).toBe(4);
      expect(await say(channel, 'hello')).toBe('hello');
      expect(seconds()).toBe(8);
      const reading = channel.read().catch(codeOf);
      await channel.write(bytes('x'));
      await w.clock.after(SECOND);
      await channel.abort();
      expect(await reading).toBe('CLOSED');
      expect(seconds()).toBe(9);
    }));
});
