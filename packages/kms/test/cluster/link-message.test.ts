import type { Channel } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { encodeMessage, type LinkMessage, LinkReader, PIECE_BYTES_MAX } from '../../src/cluster/link-message.js';

const MESSAGES: readonly LinkMessage[] = [
  { type: 'Hello', lengthBytes: 2 ** 40 + 7, chain: new Uint8Array(32).fill(9) },
  { type: 'Welcome', leader: 'kms-ä' },
  { type: 'Pull', lastWrite: 12, waitMs: 4_000_000_000 },
  { type: 'Piece', replaces: true, offsetBytes: 0, endBytes: 5, lastWrite: 3, bytes: Uint8Array.of(1, 2, 3) },
  { type: 'Piece', replaces: false, offsetBytes: 3, endBytes: 3, lastWrite: 3, bytes: new Uint8Array(0) },
  { type: 'Piece', replaces: false, offsetBytes: 9, endBytes: 9, lastWrite: 1, bytes: new Uint8Array(PIECE_BYTES_MAX) },
];

/** The reading side of a channel on which these bytes come, so many at a time. */
function channelOf(bytes: Uint8Array, pieceBytes: number): Channel {
  let at = 0;
  const read = async () => {
    if (at >= bytes.length) return null;
    const piece = bytes.slice(at, at + pieceBytes);
    at += piece.length;
    return piece;
  };
  return { read } as Channel;
}

const joined = (parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));

describe('messages between nodes', () => {
  it.each([1, 2, 5, 7, 64, 1_000_000])('are read back however they are cut, %i bytes at a time', async (pieceBytes) => {
    // The large one would take long byte by byte.
    const sent = pieceBytes < 64 ? MESSAGES.slice(0, -1) : MESSAGES;
    const reader = new LinkReader(channelOf(joined(sent.map(encodeMessage)), pieceBytes));
    for (const message of sent) expect(await reader.next()).toEqual(message);
    expect(await reader.next()).toBeNull();
  });

  it('are as they are drawn', () => {
    const bytes = encodeMessage({ type: 'Pull', lastWrite: 258, waitMs: 10_000 });
    expect(Buffer.from(bytes).toString('hex')).toBe('030000000c000000000000010200002710');
    const hello = Buffer.from(encodeMessage({ type: 'Hello', lengthBytes: 1, chain: new Uint8Array(32) }));
    expect(hello.subarray(5, 13).toString('latin1')).toBe('VCSREP2\n');
  });

  it('that end in the middle are a torn connection', async () => {
    const bytes = joined(MESSAGES.slice(0, 4).map(encodeMessage));
    for (let lengthBytes = 1; lengthBytes < bytes.length; lengthBytes++) {
      const reader = new LinkReader(channelOf(bytes.subarray(0, lengthBytes), 16));
      const read: LinkMessage[] = [];
      const end = (async () => {
        for (let message = await reader.next(); message; message = await reader.next()) read.push(message);
        return 'whole';
      })();
      const outcome = await end.catch((error: { code: string }) => error.code);
      const isBorder = joined(MESSAGES.slice(0, read.length).map(encodeMessage)).length === lengthBytes;
      expect(outcome).toBe(isBorder ? 'whole' : 'RESET');
      expect(read).toEqual(MESSAGES.slice(0, read.length));
    }
  });

  it.each([
    ['a type that is none', '090000000100'],
    ['a length that no message has', '04ffffffff'],
    ['a body that is too short', '030000000100'],
    ['another protocol', `0100000030${'41'.repeat(48)}`],
    ['a number that is too large', `030000000c${'ff'.repeat(8)}00000000`],
    ['KMIP', '42007801000000104200770100000000'],
  ])('are refused with %s', async (_, hex) => {
    const reader = new LinkReader(channelOf(Uint8Array.from(Buffer.from(hex, 'hex')), 4));
    await expect(reader.next()).rejects.toMatchObject({ code: 'LINK_MALFORMED' });
  });

  it('come in their order only', async () => {
    const reader = new LinkReader(channelOf(encodeMessage({ type: 'Welcome', leader: 'a' }), 64));
    await expect(reader.expect('Piece')).rejects.toMatchObject({ code: 'LINK_MALFORMED' });
    await expect(reader.expect('Piece')).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
