import { describe, expect, it } from 'vitest';
import { WireTranscript } from '../src/taps/wire-transcript.js';
import { WireWatch } from '../src/taps/wire-watch.js';

/** TTLV: tag, type, length, value, padded to eight bytes. */
function ttlv(tag: number, type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + Math.ceil(value.length / 8) * 8);
  new DataView(bytes.buffer).setUint32(0, tag * 256 + type);
  new DataView(bytes.buffer).setUint32(4, value.length);
  bytes.set(value, 8);
  return bytes;
}
const struct = (tag: number, ...items: Uint8Array[]) => ttlv(tag, 1, Buffer.concat(items));
const number = (tag: number, value: number, type = 2) =>
  ttlv(tag, type, Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
const text = (tag: number, value: string) => ttlv(tag, 7, new TextEncoder().encode(value));
const VERSION = struct(0x420069, number(0x42006a, 1), number(0x42006b, 1));
const GET = 10;
const request = (id: string) =>
  struct(
    0x420078,
    struct(0x420077, VERSION, number(0x42000d, 1)),
    struct(0x42000f, number(0x42005c, GET, 5), struct(0x420079, text(0x420094, id))),
  );
const refusal = struct(
  0x42007b,
  struct(0x42007a, VERSION, ttlv(0x420092, 9, new Uint8Array(8)), number(0x42000d, 1)),
  struct(0x42000f, number(0x42005c, GET, 5), number(0x42007f, 1, 5), number(0x42007e, 1, 5), text(0x42007d, 'no')),
);

const connection = { number: 1, from: 'vcenter', to: 'kms-1' };

describe('WireTranscript', () => {
  it.each([1, 7, 8, 1000])('puts requests and answers together from pieces of %i bytes', (pieceBytes) => {
    const transcript = new WireTranscript(new WireWatch());
    transcript.opened(connection);
    const send = (direction: 'to-server' | 'to-client', bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        transcript.frame({ connection, direction, bytes: bytes.subarray(at, at + pieceBytes) });
      }
    };
    send('to-server', request('key-1'));
    const asked = { connection: 1, client: 'vcenter', server: 'kms-1', operation: 'Get', keyId: 'key-1' };
    expect(transcript.exchanges()).toEqual([{ ...asked, result: null }]);
    send('to-client', refusal);
    send('to-server', request('key-2'));
    expect(transcript.exchanges()).toEqual([
      { ...asked, result: 'ItemNotFound' },
      { ...asked, keyId: 'key-2', result: null },
    ]);
  });

  it('does not follow what is no KMIP, and keeps nothing of it', () => {
    const transcript = new WireTranscript(new WireWatch());
    transcript.opened(connection);
    for (let piece = 0; piece < 50; piece++) {
      transcript.frame({ connection, direction: 'to-server', bytes: new Uint8Array(65_536).fill(0xff) });
    }
    transcript.closed(connection);
    expect(transcript.exchanges()).toEqual([]);
  });
});
