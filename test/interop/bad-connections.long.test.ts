// facts/reliability.md section 3.3, rows 1, 2, 57 and 65 to 70: connections that go wrong, against `kms serve` over real TLS.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { encodeTtlv, enumeration, integer, item, structure, Tag } from '@vcryptsim/kmip-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCli, runCli, startServer } from '../support/run-cli.js';

/** The server's patience with a handshake, with the first byte and with a whole message. */
const LIMIT_MS = 10_000;
const SLACK_MS = 5_000;

const request = (operation: number): Buffer => {
  const version = [item(Tag.ProtocolVersionMajor, integer(1)), item(Tag.ProtocolVersionMinor, integer(1))];
  const header = [item(Tag.ProtocolVersion, structure(version)), item(Tag.BatchCount, integer(1))];
  const batchItem = [item(Tag.Operation, enumeration(operation)), item(Tag.RequestPayload, structure([]))];
  const parts = [item(Tag.RequestHeader, structure(header)), item(Tag.BatchItem, structure(batchItem))];
  return Buffer.from(encodeTtlv(item(Tag.RequestMessage, structure(parts))));
};
const DISCOVER_VERSIONS = request(0x1e);

/** What came before the end of a connection; rejects when it does not end in time. */
function untilClosed(socket: Socket, limitMs = LIMIT_MS + SLACK_MS): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`still open after ${limitMs} ms`)), limitMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(late);
      resolve(Buffer.concat(chunks));
    });
  });
}

describe('a connection to kms serve', () => {
  let folder: string;
  let server: RunningCli;
  let credentials: { cert: Buffer; key: Buffer; ca: Buffer };

  const plain = (): Socket => connect(server.ready);
  const tls = async (o: { minVersion?: 'TLSv1.3'; maxVersion?: 'TLSv1.2' } = {}): Promise<TLSSocket> => {
    const socket = connectTls({ ...server.ready, ...credentials, ...o });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    return socket;
  };
  /** Asks over an open connection and answers the first `count` messages' tags. */
  const answers = async (socket: TLSSocket, count: number): Promise<number[]> => {
    const tags: number[] = [];
    let left = Buffer.alloc(0);
    for await (const chunk of socket) {
      left = Buffer.concat([left, chunk]);
      while (left.length >= 8 && left.length >= 8 + left.readUInt32BE(4)) {
        tags.push(left.readUIntBE(0, 3));
        left = left.subarray(8 + left.readUInt32BE(4));
      }
      if (tags.length === count) break;
    }
    return tags;
  };
  const expectService = async (): Promise<void> => {
    const socket = await tls();
    socket.write(DISCOVER_VERSIONS);
    expect(await answers(socket, 1)).toEqual([Tag.ResponseMessage]);
    socket.destroy();
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-connections-'));
    const at = (...names: string[]) => join(folder, ...names);
    server = await startServer(['kms', 'serve', '--dir', at('kms'), '--listen', '127.0.0.1:0']);
    const added = await runCli(['kms', 'client', 'add', 'client', '--dir', at('kms'), '--out', at('client')]);
    expect(added.exitCode).toBe(0);
    const [cert, key, ca] = ['cert', 'key', 'ca'].map((name) => readFileSync(at('client', `${name}.pem`)));
    if (!cert || !key || !ca) throw new Error('an identity has three files');
    credentials = { cert, key, ca };
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['1', 'HTTP', Buffer.from('GET / HTTP/1.0\r\n\r\n')],
    ['1', 'KMIP without TLS', DISCOVER_VERSIONS],
    ['1', 'noise', Buffer.alloc(4096, 0xa5)],
  ])("[S14] row %s: %s gets no answer but TLS' own", async (_row, _input, sent) => {
    const socket = plain();
    socket.write(sent);
    const said = await untilClosed(socket);
    // At most an alert of TLS (content type 21), never a byte of KMIP.
    if (said.length > 0) expect(said[0]).toBe(0x15);
    await expectService();
  });

  it('[S14] row 2: silence, a hello without the rest and a byte now and then end at 10 s; others are served meanwhile', async () => {
    const silent = plain();
    const cut = plain();
    cut.write(Buffer.from('160301', 'hex'));
    const slow = plain();
    const drip = setInterval(() => slow.write(Buffer.of(0x16)), 2_000);
    const unasked = await tls();
    const begun = await tls();
    begun.write(DISCOVER_VERSIONS.subarray(0, 20));
    const ends = Promise.all([silent, cut, slow, begun].map((socket) => untilClosed(socket)));
    for (let round = 0; round < 5; round += 1) await expectService();
    const said = await ends;
    clearInterval(drip);
    expect(said[3]).toHaveLength(0);
    // A client that is known may take its time with the first request, as between requests.
    unasked.write(DISCOVER_VERSIONS);
    expect(await answers(unasked, 1)).toEqual([Tag.ResponseMessage]);
    unasked.destroy();
    await expectService();
  }, 30_000);

  it.each([[{ maxVersion: 'TLSv1.2' }], [{ minVersion: 'TLSv1.3' }]] as const)(
    '[S14] row 57: over %o a message in records of one byte, and two in one record, are served',
    async (version) => {
      const socket = await tls(version);
      socket.setNoDelay(true);
      for (const byte of DISCOVER_VERSIONS) socket.write(Buffer.of(byte));
      socket.write(Buffer.concat([DISCOVER_VERSIONS, DISCOVER_VERSIONS]));
      expect(await answers(socket, 3)).toEqual([Tag.ResponseMessage, Tag.ResponseMessage, Tag.ResponseMessage]);
      socket.destroy();
    },
  );

  it.each([
    ['65', 'KMIP as XML', '<?xml version="1.0"?><RequestMessage/>'],
    ['65', 'KMIP as JSON', '{"tag":"RequestMessage","value":[]}'],
    ['66', 'a KMIP path of HTTP', 'POST /kmip HTTP/1.1\r\nHost: kms\r\nContent-Length: 0\r\n\r\n'],
  ])('[S14] row %s: %s is refused and ends', async (_row, _input, sent) => {
    const socket = await tls();
    socket.write(sent);
    const said = await untilClosed(socket);
    expect(said.readUIntBE(0, 3)).toBe(Tag.ResponseMessage);
    await expectService();
  });

  it('[S14] row 67: records without bytes do no harm', async () => {
    const socket = await tls();
    for (let count = 0; count < 100; count += 1) socket.write(Buffer.alloc(0));
    socket.write(DISCOVER_VERSIONS);
    expect(await answers(socket, 1)).toEqual([Tag.ResponseMessage]);
    socket.destroy();
  });

  it('[S14] row 68: no renegotiation under TLS 1.2', async () => {
    const socket = await tls({ maxVersion: 'TLSv1.2' });
    const ended = untilClosed(socket);
    const refused = await new Promise<Error | null>((resolve) => {
      const began = socket.renegotiate({}, (error) => resolve(error));
      if (began === false) resolve(new Error('it does not even begin'));
      socket.once('close', () => resolve(new Error('closed')));
      // OpenSSL answers a refusal as a warning, which Node's client does not tell of: no new handshake comes.
      setTimeout(() => resolve(new Error('no answer')), 3_000);
    });
    expect(refused).not.toBeNull();
    socket.destroy();
    await ended;
    await expectService();
  });

  it('[S14] rows 69 and 70: connections that come and go, with or without a word of farewell, leave nothing behind', async () => {
    for (let round = 0; round < 100; round += 1) {
      const raw = plain();
      const socket = connectTls({ socket: raw, ...credentials });
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      socket.on('error', () => {});
      if (round % 3 === 0) socket.end();
      else if (round % 3 === 1) raw.destroy();
      else raw.resetAndDestroy();
    }
    await expectService();
  });
});
