import { decodeTtlv, encodeTtlv, type Item, integer, item, Tag } from '@vcryptsim/kmip-lite';
import type { Clock } from '@vcryptsim/ports';
import type { Flaw } from './flaws.js';

interface Answer {
  readonly bytes: Uint8Array;
  /** Number of the answer on its connection, from 1 on. */
  readonly answer: number;
  readonly clock: Clock;
}

type Change = (answer: Answer) => Uint8Array | Promise<Uint8Array>;
type Structure = Extract<Item, { type: 'Structure' }>;

const utf8 = (text: string) => new TextEncoder().encode(text);
const LATE_MS = 10_000;

/** Answers that are changed on their way out. */
export const WIRE_FLAWS: ReadonlyMap<Flaw, Change> = new Map<Flaw, Change>([
  ['answers with HTTP', () => utf8('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')],
  ['answers with SSH', () => utf8('SSH-2.0-OpenSSH_9.2p1\r\n')],
  ['answers with noise', ({ bytes }) => bytes.map((byte, at) => byte ^ (at * 37 + 11))],
  ['bytes after each answer', ({ bytes }) => Uint8Array.from([...bytes, ...new Uint8Array(8)])],
  [
    'answers 10 s late',
    async ({ bytes, clock }) => {
      await clock.after(LATE_MS);
      return bytes;
    },
  ],
  ['header 1.0 in answers', version(1, 0)],
  ['header 1.2 in answers', version(1, 2)],
  ['header 1.4 in answers', version(1, 4)],
  ['header 2.0 in answers', version(2, 0)],
  ['no version in answers', inHeader((items) => items.filter(({ tag }) => tag !== Tag.ProtocolVersion))],
  ['no Time Stamp', inHeader((items) => items.filter(({ tag }) => tag !== Tag.TimeStamp))],
  [
    'Batch Count too large',
    inHeader((items) => items.map((one) => (one.tag === Tag.BatchCount ? item(Tag.BatchCount, integer(9)) : one))),
  ],
  ['no Batch Item ID in answers', inItems((items) => items.filter(({ tag }) => tag !== Tag.UniqueBatchItemID))],
  [
    'another Batch Item ID in answers',
    inItems((items) =>
      items.map((one) =>
        one.tag === Tag.UniqueBatchItemID && one.type === 'ByteString'
          ? { ...one, bytes: one.bytes.map(() => 7) }
          : one,
      ),
    ),
  ],
  ['operation left out of answers', inItems((items) => items.filter(({ tag }) => tag !== Tag.Operation))],
  [
    'another operation in answers',
    inItems((items) =>
      items.map((one) => (one.tag === Tag.Operation && one.type === 'Enumeration' ? { ...one, value: 8 } : one)),
    ),
  ],
  ['no Result Status', inItems((items) => items.filter(({ tag }) => tag !== Tag.ResultStatus))],
  [
    'Operation Pending',
    inItems((items) =>
      items.map((one) => (one.tag === Tag.ResultStatus && one.type === 'Enumeration' ? { ...one, value: 2 } : one)),
    ),
  ],
  ['last batch item left out', inMessage((items) => (items.length > 2 ? items.slice(0, -1) : items))],
  ['batch items reversed', inMessage(([header, ...items]) => (header ? [header, ...items.reverse()] : items))],
  [
    'length too large',
    ({ bytes }) => {
      const changed = Uint8Array.from(bytes);
      new DataView(changed.buffer).setUint32(4, bytes.length + 56);
      return changed;
    },
  ],
  [
    'requests echoed',
    ({ bytes }) => {
      const changed = Uint8Array.from(bytes);
      changed[2] = 0x78;
      return changed;
    },
  ],
]);

function inMessage(change: (items: Item[]) => Item[]): Change {
  return ({ bytes }) => {
    const tree = decodeTtlv(bytes);
    return tree.type === 'Structure' ? encodeTtlv({ ...tree, items: change([...tree.items]) }) : bytes;
  };
}

function inPart(tag: number, change: (items: readonly Item[]) => Item[]): Change {
  const changed = (one: Structure): Structure => ({ ...one, items: change(one.items) });
  return inMessage((items) => items.map((one) => (one.tag === tag && one.type === 'Structure' ? changed(one) : one)));
}

function inHeader(change: (items: readonly Item[]) => Item[]): Change {
  return inPart(Tag.ResponseHeader, change);
}

function inItems(change: (items: readonly Item[]) => Item[]): Change {
  return inPart(Tag.BatchItem, change);
}

function version(major: number, minor: number): Change {
  return inHeader((items) =>
    items.map((one) =>
      one.tag === Tag.ProtocolVersion && one.type === 'Structure'
        ? {
            ...one,
            items: [item(Tag.ProtocolVersionMajor, integer(major)), item(Tag.ProtocolVersionMinor, integer(minor))],
          }
        : one,
    ),
  );
}
