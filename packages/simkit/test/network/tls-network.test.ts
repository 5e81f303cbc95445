// What only real sockets can show: handshakes that go wrong on the wire, and peers outside this process.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { peerJudge } from '@vcryptsim/pki';
import type { Channel, ListenOptions, TlsIdentity } from '@vcryptsim/ports';
import { SystemClock, TlsNetwork } from '@vcryptsim/ports/os';
import { VirtualClock } from '@vcryptsim/simkit';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Cast, makeCast, SECOND, START_MS } from '../support/identities.js';
import { codeOf, World } from '../support/world.js';

let cast: Cast;
beforeAll(async () => {
  cast = await makeCast();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const pem = ({ chain, privateKey }: TlsIdentity) => ({
  cert: chain.map((der) => new X509Certificate(der).toString()).join(''),
  key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
});
const anyone = { requestCert: true, rejectUnauthorized: false };
/** Certificates here are of 2030, so a real clock cannot judge them by date. */
const inThe2030s = { nowMs: START_MS };

async function inWorld(scenario: (w: World) => Promise<void>): Promise<void> {
  const world = new World(cast, { wire: 'tls' });
  try {
    await world.clock.run(() => scenario(world));
  } finally {
    await world.dispose();
  }
}

/** A key that claims the public part of a certificate it does not own: what it signs does not verify. */
function forgedKeyFor(certificate: Uint8Array, own: TlsIdentity) {
  const { x, y } = new X509Certificate(certificate).publicKey.export({ format: 'jwk' });
  const { d } = own.privateKey.export({ format: 'jwk' });
  return createPrivateKey({ key: { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '', d: d ?? '' }, format: 'jwk' });
}

describe('a handshake', () => {
  it.each([
    [undefined, { version: 'TLSv1.3', suite: 'TLS_AES_256_GCM_SHA384' }],
    ['TLSv1.3', { version: 'TLSv1.3', suite: 'TLS_AES_256_GCM_SHA384' }],
    ['TLSv1.2', { version: 'TLSv1.2', suite: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384' }],
  ] as const)('says on which version and suite both sides agreed, with %s as the newest', (newestTls, wanted) =>
    inWorld(async (w) => {
      const judge = peerJudge(cast.trust, w.clock);
      await w.wire.listen({ name: 'kms' }, { identities: [cast.kms], judge, onChannel: async () => {} });
      const options = { identity: cast.vcenter, judge, ...(newestTls && { newestTls }) };
      const channel = await w.wire.connect({ name: 'kms' }, options);
      expect(channel.tls).toEqual(wanted);
      await channel.close();
    }),
  );
});

describe('a handshake that goes wrong on the wire', () => {
  it('refuses a client that shows a certificate without proving its key', () =>
    inWorld(async (w) => {
      const refused: string[] = [];
      const accepted: Channel[] = [];
      await w.wire.listen(
        { name: 'kms' },
        {
          identities: [cast.kms],
          judge: peerJudge(cast.trust, w.clock),
          onChannel: async (channel) => void accepted.push(channel),
          onRefused: (code) => refused.push(code),
        },
      );
      const [stolen] = cast.host.chain;
      const forger = { chain: [stolen!], privateKey: forgedKeyFor(stolen!, cast.vcenter) };
      expect(new X509Certificate(stolen!).checkPrivateKey(forger.privateKey)).toBe(true); // OpenSSL's context lets it through
      const client = await w.connect('kms', forger);
      expect(await client.read().catch(codeOf)).toBeNull();
      expect([refused, accepted]).toEqual([['NO_HANDSHAKE'], []]);
    }));

  it('refuses a server that shows a certificate without proving its key', () =>
    inWorld(async (w) => {
      const [stolen] = cast.kms.chain;
      const forger = { chain: [stolen!], privateKey: forgedKeyFor(stolen!, cast.vcenter) };
      await w.serve('kms', () => {}, { identities: [forger] });
      expect(await w.connect('kms').then(() => 'connected', codeOf)).toBe('TLS_FAILED');
    }));

  it('waits for a server that accepts TCP and never speaks, in virtual time only', () =>
    inWorld(async (w) => {
      const mute = net.createServer((raw) => raw.resume()) as unknown as tls.Server;
      vi.spyOn(tls, 'createServer').mockReturnValueOnce(mute);
      await w.serve('mute', () => {});
      expect(await w.ask('mute', 'hello', cast.vcenter, 5 * SECOND)).toBe('TIMED_OUT');
      expect(w.clock.nowMs).toBe(START_MS + 5 * SECOND);
      await w.clock.after(0);
      expect(w.lines()).toEqual(['5 mute refuses NO_HANDSHAKE']);
    }));

  it('turns a client away that never begins its handshake, at the limit', () =>
    inWorld(async (w) => {
      await w.serve('kms', () => {});
      silenceNextClient();
      const dialling = w.connect('kms').catch(codeOf);
      expect(await dialling).toBe('TLS_FAILED');
      expect(w.lines()).toEqual(['10 kms refuses NO_HANDSHAKE']);
    }));

  it('sends the oldest unauthenticated one away when there are too many, never an authenticated one', () =>
    inWorld(async (w) => {
      await w.serve('kms', (channel, bytes) => channel.write(bytes), { unauthenticatedMax: 2 });
      const good = await w.connect('kms');
      const ends: string[] = [];
      for (const name of ['first', 'second', 'third']) {
        silenceNextClient();
        void w.connect('kms').catch(() => ends.push(`${name} ${(w.clock.nowMs - START_MS) / SECOND}`));
        await w.clock.after(SECOND);
      }
      expect(ends).toEqual(['first 2']);
      expect(await w.ask('kms', 'still here')).toBe('still here');
      await good.write(Uint8Array.of(7));
      expect(await good.read()).toEqual(Uint8Array.of(7));
      await w.clock.after(20 * SECOND);
      expect(ends).toEqual(['first 2', 'second 3', 'third 12']);
    }));

  it('destroys a stranger who dials the port of a name', () =>
    inWorld(async (w) => {
      const listener = await w.serve('kms', () => {});
      const stranger = net.connect(listener.address.port, '127.0.0.1');
      const closed = once(stranger, 'close');
      const release = w.clock.hold('stranger connects');
      await once(stranger, 'connect');
      release();
      for (let i = 0; i < 3; i++) await w.clock.after(SECOND);
      await closed;
      expect(await w.ask('kms', 'x', cast.vcenter, SECOND)).toBe('TIMED_OUT');
      await w.clock.after(0);
      expect(w.lines()).toEqual(['3 kms accepts CN=vcenter', '4 kms channel RESET']);
    }));
});

function silenceNextClient(): void {
  vi.spyOn(tls, 'connect').mockImplementationOnce(((options: tls.ConnectionOptions) => {
    options.socket?.resume();
    return new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() }) as tls.TLSSocket;
  }) as typeof tls.connect);
}

describe('peers outside, in real time', () => {
  const clock = new SystemClock();
  const open = async (o: Partial<ListenOptions> = {}, at = { host: '127.0.0.1', port: 0 }) => {
    const network = new TlsNetwork(clock);
    const channels: Channel[] = [];
    const refused: string[] = [];
    const listener = await network.listen(at, {
      identities: [cast.kmsRsa, cast.kms],
      judge: peerJudge(cast.trust, inThe2030s),
      onChannel: async (channel) => {
        channels.push(channel);
        for (let bytes = await channel.read(); bytes; bytes = await channel.read()) await channel.write(bytes);
        await channel.close();
      },
      onRefused: (code) => refused.push(code),
      ...o,
    });
    return { network, listener, channels, refused };
  };
  const connectRaw = async (port: number, o: tls.ConnectionOptions): Promise<tls.TLSSocket> => {
    const socket = tls.connect({ host: '127.0.0.1', port, ...anyone, ...o });
    await once(socket, 'secureConnect');
    return socket;
  };

  it.each([
    ['TLS 1.3', {}, /^TLS_AES_256/, 'TLSv1.3'],
    ['TLS 1.2', { maxVersion: 'TLSv1.2' }, /^ECDHE-/, 'TLSv1.2'],
    ['RSA key exchange with CBC', { maxVersion: 'TLSv1.2', ciphers: 'AES256-SHA' }, /^AES256-SHA$/, 'TLSv1.2'],
    ['the same with SHA-256', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA256' }, /^AES128-SHA256$/, 'TLSv1.2'],
  ] as const)('serves a client that speaks %s', async (_name, o, cipher, protocol) => {
    const { network, listener, channels } = await open();
    try {
      const socket = await connectRaw(listener.address.port, { ...pem(cast.host), ...o });
      expect(socket.getCipher().name).toMatch(cipher);
      expect(socket.getProtocol()).toBe(protocol);
      socket.write('ping');
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toBe('ping');
      expect(channels[0]?.peer.subject).toBe('CN=host');
      socket.end();
      await once(socket, 'close');
    } finally {
      await network.dispose();
    }
  });

  it('does not serve TLS 1.1', async () => {
    const { network, listener } = await open();
    try {
      const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
      await expect(connectRaw(listener.address.port, { ...pem(cast.host), ...old })).rejects.toThrow(/version|alert/i);
    } finally {
      await network.dispose();
    }
  });

  it('closes on a client without a certificate, before any answer', async () => {
    const { network, listener, refused, channels } = await open();
    try {
      const socket = await connectRaw(listener.address.port, {});
      const got: unknown[] = [];
      socket.on('data', (bytes) => got.push(bytes));
      socket.write('ping');
      await once(socket, 'close');
      expect([got, refused, channels]).toEqual([[], ['NO_CERTIFICATE'], []]);
    } finally {
      await network.dispose();
    }
  });

  it('turns away who never begins the handshake', async () => {
    const { network, listener, refused } = await open({ handshakeLimitMs: 50 });
    try {
      const socket = net.connect(listener.address.port, '127.0.0.1');
      socket.on('error', () => {});
      await new Promise((resolve) => socket.once('close', resolve));
      expect(refused).toEqual(['NO_HANDSHAKE']);
    } finally {
      await network.dispose();
    }
  });

  it('dials a real server and talks with it, large and small', async () => {
    const server = tls.createServer({ ...pem(cast.kms), ...anyone }, (socket) => socket.pipe(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const network = new TlsNetwork(clock);
    try {
      const judge = peerJudge(cast.trust, inThe2030s, 'kms');
      const channel = await network.connect({ host: 'localhost', port }, { identity: cast.host, judge });
      expect(channel.peer.subject).toBe('CN=kms');
      const sent = Uint8Array.from({ length: 3_000_000 }, (_, i) => i & 0xff);
      const writing = channel.write(sent);
      const got = Buffer.alloc(sent.length);
      for (let length = 0; length < sent.length; ) {
        const piece = await channel.read();
        got.set(piece ?? [], length);
        length += piece?.length ?? sent.length;
      }
      await writing;
      expect(Buffer.compare(got, sent)).toBe(0);
      await channel.close();
    } finally {
      await network.dispose();
      server.close();
    }
  });

  it('tells why a dial or a listener failed', async () => {
    const { network, listener } = await open();
    const judge = peerJudge(cast.trust, inThe2030s);
    const { host, port } = listener.address;
    try {
      await expect(open({}, { host, port })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
      await expect(open({}, { host: '203.0.113.1', port: 0 })).rejects.toMatchObject({ code: 'UNREACHABLE' });
      await listener.close();
      const dialling = network.connect({ host, port }, { identity: cast.host, judge });
      await expect(dialling).rejects.toMatchObject({ code: 'REFUSED' });
      const plain = net.createServer((socket) => socket.end('220 this is not TLS\r\n')).listen(0, '127.0.0.1');
      await once(plain, 'listening');
      const address = { host, port: (plain.address() as net.AddressInfo).port };
      await expect(network.connect(address, { identity: cast.host, judge })).rejects.toMatchObject({
        code: 'TLS_FAILED',
      });
      plain.close();
      const again = await open({}, { host, port });
      expect(again.listener.address.port).toBe(port);
      await again.network.dispose();
    } finally {
      await network.dispose();
    }
  });

  it.each([
    ['EACCES', 'NOT_PERMITTED', /above 1023/],
    ['EADDRINUSE', 'ADDRESS_IN_USE', /choose another port/],
    ['EADDRNOTAVAIL', 'UNREACHABLE', /not an address of this machine/],
  ])('says %s of the system as %s, with the next step', async (systemCode, code, message) => {
    vi.spyOn(net.Server.prototype, 'listen').mockImplementationOnce(function (this: net.Server) {
      process.nextTick(() => this.emit('error', Object.assign(new Error('no'), { code: systemCode })));
      return this;
    });
    await expect(open({}, { host: '127.0.0.1', port: 80 })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('refuses a server outside whose judge says no, and gives up by a signal', async () => {
    const { network, listener } = await open();
    try {
      const address = listener.address;
      const judge = peerJudge({ pins: [], authorities: [] }, inThe2030s);
      await expect(network.connect(address, { identity: cast.host, judge })).rejects.toMatchObject({
        code: 'UNKNOWN_ISSUER',
      });
      const giveUp = new AbortController();
      const dialling = network.connect(address, { identity: cast.host, judge, signal: giveUp.signal });
      giveUp.abort();
      await expect(dialling).rejects.toMatchObject({ code: 'ABORTED' });
    } finally {
      await network.dispose();
    }
  });

  it('works between names too, with the same outcomes', async () => {
    const network = new TlsNetwork(clock);
    try {
      const judge = peerJudge(cast.trust, inThe2030s);
      await network.listen(
        { name: 'kms' },
        {
          identities: [cast.kms],
          judge,
          onChannel: async (channel) => {
            const bytes = await channel.read();
            if (bytes) await channel.write(bytes);
            await channel.close();
          },
        },
      );
      for (let i = 0; i < 20; i++) {
        const channel = await network.connect({ name: 'kms' }, { identity: cast.host, judge });
        await channel.write(new Uint8Array(50_000).fill(i));
        let length = 0;
        for (let piece = await channel.read(); piece; piece = await channel.read()) length += piece.length;
        expect(length).toBe(50_000);
        await channel.close();
      }
    } finally {
      await network.dispose();
    }
  });
});

describe('peers outside, under virtual time', () => {
  it('waits for their answer as long as it takes, and no limit fires before its time', async () => {
    const server = tls.createServer({ ...pem(cast.kms), ...anyone }, (socket) => {
      socket.on('data', (bytes) => setTimeout(() => socket.end(bytes), 60));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const clock = new VirtualClock({ startMs: START_MS });
    const network = new TlsNetwork(clock);
    try {
      await clock.run(async () => {
        const judge = peerJudge(cast.trust, clock);
        const channel = await network.connect({ host: '127.0.0.1', port }, { identity: cast.host, judge });
        await channel.write(Uint8Array.of(9));
        const answer = await clock.within(30 * SECOND, channel.read(), () => void channel.abort());
        expect(answer).toEqual(Uint8Array.of(9));
        expect(clock.nowMs - START_MS).toBeGreaterThanOrEqual(55);
        expect(clock.nowMs - START_MS).toBeLessThan(30 * SECOND);
        expect(await channel.read()).toBeNull();
        await channel.close();
      });
    } finally {
      await network.dispose();
      server.close();
    }
  });
});
