import { peerJudge } from '@vcryptsim/pki';
import type { Channel, Listener } from '@vcryptsim/ports';
import { HOUR, SECOND } from './identities.js';
import { codeOf, type World } from './world.js';

const bytes = (length: number) => new Uint8Array(length);

/** A poll each 300 s, with a new connection each. */
export const healthPoll = (polls: number) => async (w: World) => {
  await w.serve('kms', (channel, request) => channel.write(request));
  for (let i = 0; i < polls; i++) {
    w.log('vcenter', await w.ask('kms', `poll ${i}`));
    await w.clock.after(300 * SECOND);
  }
};

/** Silent in the protocol, half an answer, slow, cut, nobody there. */
export async function silence(w: World): Promise<void> {
  await w.serve('dumb', () => {});
  await w.serve('half', (channel) => channel.write(new TextEncoder().encode('half')));
  await w.serve('cut', (channel) => channel.abort());
  await w.serve('slow', async (channel, request) => {
    await w.clock.after(10 * SECOND);
    await channel.write(request);
  });
  for (const name of ['dumb', 'half', 'slow', 'cut', 'nobody'])
    w.log('vcenter', `${name}: ${await w.ask(name, 'get')}`);
}

/** The server's certificate ends at noon; the wall clock does not move. */
export async function expiry(w: World): Promise<void> {
  await w.serve('kms', (channel, request) => channel.write(request), { identities: [w.cast.kmsUntilNoon] });
  for (let hour = 0; hour < 24; hour += 2) {
    w.log('vcenter', await w.ask('kms', `hour ${hour}`));
    await w.clock.after(2 * HOUR);
  }
}

/** Many clients at once, a file under each answer. */
export async function crowd(w: World): Promise<void> {
  await w.serve('kms', async (channel, request) => {
    const file = await w.files.open('/log', { access: 'write', create: 'if-missing' });
    await file.pwrite(request, await file.sizeBytes());
    await file.close();
    w.log('kms', `serves ${new TextDecoder().decode(request)}`);
    await w.clock.after(w.pick([0, 1, 2]) * SECOND);
    await channel.write(request);
  });
  await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      await w.clock.after(w.pick([0, 1, 2, 3]) * SECOND);
      w.log(`host${i}`, await w.ask('kms', `host${i}`, w.cast.host));
    }),
  );
}

/** A write, and a moment later but in the same turn: abort or close, by the same side or by the other. */
export async function sameInstant(w: World): Promise<void> {
  for (const who of ['client abort', 'client close', 'server abort', 'server close']) {
    const [side, end] = who.split(' ') as ['client' | 'server', 'abort' | 'close'];
    let server: Channel | undefined;
    const listener = await w.wire.listen(
      { name: 'kms' },
      {
        identities: [w.cast.kms],
        judge: peerJudge(w.cast.trust, w.clock),
        onChannel: async (channel) => {
          server = channel;
          try {
            for (let piece = await channel.read(); piece; piece = await channel.read()) {
              w.log('kms', `${who}: got ${piece.length}`);
            }
            w.log('kms', `${who}: EOF`);
          } catch (error) {
            w.log('kms', `${who}: ${codeOf(error)}`);
          }
        },
      },
    );
    const client = await w.connect('kms', w.cast.host);
    const atMs = w.clock.nowMs + SECOND;
    const later = async (act: () => Promise<void>) => {
      await w.clock.sleepUntil(atMs);
      await act();
    };
    await Promise.all([
      later(() => client.write(bytes(9))),
      later(async () => {}),
      later(async () => (side === 'client' ? client : server)?.[end]()),
      later(async () => {}),
      later(() => client.write(bytes(5)).catch((error) => w.log('client', `${who}: ${codeOf(error)}`))),
    ]);
    await w.clock.after(SECOND);
    await client.abort();
    await server?.abort();
    await listener.close();
  }
}

/** Sizes from 1 B to 300 kB; abort, close, write then abort in one turn; a listener that comes and goes. */
export async function mischief(w: World): Promise<void> {
  const up: { listener: Listener | null } = { listener: null };
  const start = async () => {
    up.listener = await w.serve('kms', async (channel, request) => {
      const act = w.pick(['echo', 'echo', 'slow', 'abort', 'close', 'nothing', 'writeAbort', 'big'] as const);
      w.log('kms', `${act} ${request.length}`);
      if (act === 'slow') await w.clock.after(w.pick([1, 10, 40]) * SECOND);
      if (act === 'echo' || act === 'slow') await channel.write(request);
      if (act === 'big') await Promise.all([channel.write(bytes(200_000)), channel.write(request)]);
      if (act === 'writeAbort') {
        void channel.write(request);
        await channel.abort();
      }
      if (act === 'abort') await channel.abort();
      if (act === 'close') await channel.close();
    });
  };
  const flapping = (async () => {
    for (let i = 0; i < 6; i++) {
      if (up.listener) {
        void up.listener.close();
        up.listener = null;
      } else {
        await start();
      }
      await w.clock.after(w.pick([5, 10, 20]) * SECOND);
    }
  })();
  await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      for (let k = 0; k < 5; k++) {
        await w.clock.after(w.pick([0, 1, 5]) * SECOND);
        const request = 'x'.repeat(w.pick([1, 1000, 20_000, 300_000]));
        const answer = await w.ask('kms', request, w.cast.host, w.pick([5, 30]) * SECOND);
        w.log(`h${i}`, answer.length > 20 ? `${answer.length} bytes` : answer);
      }
    }),
  );
  await flapping;
}

export const scenarios: Readonly<Record<string, (w: World) => Promise<void>>> = {
  silence,
  expiry,
  crowd,
  sameInstant,
  mischief,
  healthPoll: healthPoll(48),
};
