// What a Network promises, over sockets and in memory alike: the suite that every network and double of one runs.
import { fingerprintSha256, PkiError, peerJudge, type TrustSet } from '@vcryptsim/pki';
import type { Channel, ConnectOptions, Listener, TlsIdentity } from '@vcryptsim/ports';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Cast,
  HOUR,
  issue,
  makeAuthority,
  makeCast,
  makeSelfSigned,
  SECOND,
  START_MS,
} from '../support/identities.js';
import { codeOf, World, type WorldOptions } from '../support/world.js';
import { channelSuite } from './channel-suite.js';

/** Runs the suite. @param options how its worlds are made: which wire, and what is put around it */
export function networkSuite(name: string, options: WorldOptions): void {
  describe(`${name} as a network`, () => {
    let cast: Cast;
    beforeAll(async () => {
      cast = await makeCast();
    });

    const inWorld = async (scenario: (w: World) => Promise<void>) => {
      const world = new World(cast, options);
      try {
        await world.clock.run(() => scenario(world));
      } finally {
        await world.dispose();
      }
    };
    /** Listens and hands over the first channel that comes in, and the codes of those that were turned away. */
    const listen = async (w: World, o: { identities?: TlsIdentity[]; trust?: TrustSet } = {}) => {
      const refused: string[] = [];
      let listener: Listener | undefined;
      const accepted = new Promise<Channel>((resolve, reject) => {
        const judge = peerJudge(o.trust ?? cast.trust, w.clock);
        const identities = o.identities ?? [cast.kms];
        w.wire
          .listen(
            { name: 'kms' },
            { identities, judge, onChannel: async (c) => resolve(c), onRefused: (code) => refused.push(code) },
          )
          .then((opened) => {
            listener = opened;
          }, reject);
      });
      while (!listener) await w.clock.after(1);
      return { accepted, refused, listener };
    };
    const dial = (w: World, o: Partial<ConnectOptions> & { trust?: TrustSet; name?: string } = {}) => {
      const judge = peerJudge(o.trust ?? cast.trust, w.clock, o.name);
      return w.wire.connect({ name: 'kms' }, { identity: cast.host, judge, ...o });
    };

    channelSuite((use) =>
      inWorld(async (w) => {
        const { accepted } = await listen(w);
        const client = await dial(w);
        await use(client, await accepted);
      }),
    );

    it('shows each side who the other one is', () =>
      inWorld(async (w) => {
        const { accepted } = await listen(w);
        const client = await dial(w, { name: 'kms' });
        const server = await accepted;
        expect(client.peer.subject).toBe('CN=kms');
        expect(client.peer.fingerprintSha256).toBe(fingerprintSha256(cast.kms.chain[0]!));
        expect(server.peer.subject).toBe('CN=host');
        expect(server.peer.certificate).toEqual(cast.host.chain[0]);
      }));

    it('joins what was written in one turn, and hands up a buffer that is the reader’s own', () =>
      inWorld(async (w) => {
        const { accepted } = await listen(w);
        const client = await dial(w);
        const server = await accepted;
        const one = Uint8Array.of(1, 2, 3);
        await Promise.all([client.write(one), client.write(Uint8Array.of()), client.write(Uint8Array.of(4))]);
        const got = await server.read();
        expect(got && [...got]).toEqual([1, 2, 3, 4]);
        got?.fill(0);
        expect([...one]).toEqual([1, 2, 3]);
      }));

    it('ends in order on close: everything arrives, then null, then a write fails', () =>
      inWorld(async (w) => {
        const { accepted } = await listen(w);
        const client = await dial(w);
        const server = await accepted;
        await Promise.all([client.write(new Uint8Array(100_000)), client.close()]);
        let length = 0;
        for (let piece = await server.read(); piece; piece = await server.read()) length += piece.length;
        expect(length).toBe(100_000);
        expect(await server.read()).toBeNull();
        await expect(server.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'RESET' });
        await expect(client.read()).rejects.toMatchObject({ code: 'CLOSED' });
        await expect(client.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'CLOSED' });
        await Promise.all([client.close(), client.abort(), server.close(), server.abort()]);
      }));

    it('breaks on abort: the peer reads RESET, and what came in the same turn is lost', () =>
      inWorld(async (w) => {
        const { accepted } = await listen(w);
        const client = await dial(w);
        const server = await accepted;
        await client.write(Uint8Array.of(1));
        const reading = server.read();
        expect(await reading).toEqual(Uint8Array.of(1));
        const second = server.read().catch(codeOf);
        void client.write(Uint8Array.of(2));
        await client.abort();
        expect(await second).toBe('RESET');
        await expect(client.read()).rejects.toMatchObject({ code: 'CLOSED' });
      }));

    it('lets a writer wait while too much lies unread, for virtual time only', () =>
      inWorld(async (w) => {
        const { accepted } = await listen(w);
        const client = await dial(w);
        const server = await accepted;
        await client.write(new Uint8Array(1 << 20));
        let through = false;
        const more = client.write(new Uint8Array(1)).then(() => {
          through = true;
        });
        await w.clock.after(3600 * SECOND);
        expect(through).toBe(false);
        expect((await server.read())?.length).toBe((1 << 20) + 1);
        await more;
        const stuck = client.write(new Uint8Array((1 << 20) + 1));
        await w.clock.after(SECOND);
        await server.abort();
        await stuck;
      }));

    it('refuses a name that nobody listens on, or no longer, and a second listener', () =>
      inWorld(async (w) => {
        await expect(dial(w)).rejects.toMatchObject({ code: 'REFUSED' });
        const { listener, accepted } = await listen(w);
        const judge = peerJudge(cast.trust, w.clock);
        const twice = w.wire.listen({ name: 'kms' }, { identities: [cast.kms], judge, onChannel: async () => {} });
        await expect(twice).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
        const client = await dial(w);
        await listener.close();
        await expect(dial(w)).rejects.toMatchObject({ code: 'REFUSED' });
        await client.write(Uint8Array.of(5));
        expect(await (await accepted).read()).toEqual(Uint8Array.of(5));
        await listen(w);
        await (await dial(w)).close();
      }));

    it('lets in who dialled in the turn in which the listener closes', () =>
      inWorld(async (w) => {
        const { listener, accepted } = await listen(w);
        const dialling = dial(w);
        void listener.close();
        await (await dialling).write(Uint8Array.of(1));
        expect(await (await accepted).read()).toEqual(Uint8Array.of(1));
      }));

    describe('refuses a server', () => {
      const outcome = async (identity: TlsIdentity, trust: TrustSet, name?: string) => {
        let code = '';
        await inWorld(async (w) => {
          const { accepted } = await listen(w, { identities: [identity] });
          code = await dial(w, { trust, ...(name ? { name } : {}) }).then(() => 'connected', codeOf);
          const server = await accepted;
          expect(await server.read()).toBeNull();
        });
        return code;
      };

      it('of an unknown issuer, also of one with the same name and another key', async () => {
        expect(await outcome(cast.kms, { pins: [], authorities: [] })).toBe('UNKNOWN_ISSUER');
        const namesake = await makeAuthority('lab');
        expect(await outcome(cast.kms, { pins: [], authorities: [namesake.certificate] })).toBe('UNKNOWN_ISSUER');
      });

      it('that has expired or has not begun, by the clock of this world', async () => {
        const expired = await issue(cast.authority, 'kms', { notAfterMs: START_MS - SECOND });
        const early = await issue(cast.authority, 'kms', { notBeforeMs: START_MS + HOUR });
        expect(await outcome(expired, cast.trust)).toBe('EXPIRED');
        expect(await outcome(early, cast.trust)).toBe('NOT_YET_VALID');
      });

      it('that was revoked', async () => {
        const revoked = [fingerprintSha256(cast.kms.chain[0]!)];
        expect(await outcome(cast.kms, { ...cast.trust, revoked })).toBe('REVOKED');
      });

      it('of another name', async () => {
        expect(await outcome(cast.kms, cast.trust, 'kms-b')).toBe('WRONG_NAME');
      });
    });

    describe('refuses a client', () => {
      const outcome = async (identity: TlsIdentity, trust: TrustSet = cast.trust) => {
        let code = '';
        await inWorld(async (w) => {
          const { refused } = await listen(w, { trust });
          // As TLS 1.3 has it: the client is connected before the server has judged it.
          const client = await dial(w, { identity });
          expect(await client.read()).toBeNull();
          expect(refused).toHaveLength(1);
          code = refused[0] ?? '';
        });
        return code;
      };

      it('without a certificate', async () => {
        expect(await outcome({ chain: [], privateKey: cast.host.privateKey })).toBe('NO_CERTIFICATE');
      });

      it('of an unknown issuer', async () => {
        expect(await outcome(await makeSelfSigned('host'))).toBe('UNKNOWN_ISSUER');
      });

      it('that has expired, has not begun or was revoked', async () => {
        expect(await outcome(await issue(cast.authority, 'host', { notAfterMs: START_MS - SECOND }))).toBe('EXPIRED');
        expect(await outcome(await issue(cast.authority, 'host', { notBeforeMs: START_MS + 1000 }))).toBe(
          'NOT_YET_VALID',
        );
        const revoked = [fingerprintSha256(cast.host.chain[0]!)];
        expect(await outcome(cast.host, { ...cast.trust, revoked })).toBe('REVOKED');
      });
    });

    it('does not start with a key that is not its certificate’s', () =>
      inWorld(async (w) => {
        const mixed = { chain: cast.host.chain, privateKey: cast.kms.privateKey };
        await listen(w);
        await expect(dial(w, { identity: mixed })).rejects.toMatchObject({ code: 'TLS_FAILED' });
        const judge = peerJudge(cast.trust, w.clock);
        const listening = w.wire.listen({ name: 'x' }, { identities: [mixed], judge, onChannel: async () => {} });
        await expect(listening).rejects.toMatchObject({ code: 'TLS_FAILED' });
      }));

    it('hands up no byte of a client before it is judged', () =>
      inWorld(async (w) => {
        const accepted: Channel[] = [];
        let open = () => {};
        const gate = new Promise<void>((resolve) => {
          open = resolve;
        });
        await w.wire.listen(
          { name: 'kms' },
          {
            identities: [cast.kms],
            judge: async () => {
              await gate;
              throw new PkiError('REVOKED');
            },
            onChannel: async (channel) => void accepted.push(channel),
          },
        );
        setTimeout(open, 20);
        const client = await dial(w);
        expect(await client.write(Uint8Array.of(1)).then(() => client.read())).toBeNull();
        expect(accepted).toEqual([]);
      }));

    it('gives a dial up by its signal, and the server never hears of it', () =>
      inWorld(async (w) => {
        const { refused, listener } = await listen(w);
        const giveUp = new AbortController();
        const dialling = dial(w, { signal: giveUp.signal }).catch(codeOf);
        giveUp.abort();
        expect(await dialling).toBe('ABORTED');
        await expect(dial(w, { signal: giveUp.signal })).rejects.toMatchObject({ code: 'ABORTED' });
        await w.clock.after(60 * SECOND);
        expect(refused).toEqual([]);
        await listener.close();
      }));

    it('takes hundreds of dials in one instant', () =>
      inWorld(async (w) => {
        let accepted = 0;
        const judge = peerJudge(cast.trust, w.clock);
        await w.wire.listen(
          { name: 'kms' },
          { identities: [cast.kms], judge, unauthenticatedMax: 3, onChannel: async () => void accepted++ },
        );
        const channels = await Promise.all(Array.from({ length: 200 }, () => dial(w)));
        expect([channels.length, accepted, w.clock.nowMs]).toEqual([200, 200, START_MS]);
      }));
  });
}
