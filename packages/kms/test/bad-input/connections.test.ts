// facts/reliability.md section 3.3, rows 57 to 62: good messages sent in a bad way, and bad ones made of good ones.
import { Tag } from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { BadPeer, fieldsOf, withBadPeers } from './bad-peer.js';
import { ask, batchItem, createPayload, id, raw, request, text } from './raw-ttlv.js';

const FROM_CLIENT_1 = 1;
/** More than fits between two ends that hold 1 MiB each. */
const FLOOD = 20_000;

/** One of each kind that changes or shows something; `key` is the one they are about. */
const goodMessages = (key: string): Buffer[] => [
  ask('Create', ...createPayload()),
  ask('Get', id(key)),
  request([
    batchItem('GetAttributes', [id(key), text(Tag.AttributeName, 'State')], { id: Uint8Array.of(1) }),
    batchItem('Activate', [id(key)], { id: Uint8Array.of(2) }),
  ]),
];

/** Offsets of all items in a message. */
function offsetsOf(message: Buffer, from = 0, to = message.length): number[] {
  const found: number[] = [];
  for (let at = from; at < to; ) {
    const length = message.readUInt32BE(at + 4);
    found.push(at);
    if (message.readUInt8(at + 3) === 0x01) found.push(...offsetsOf(message, at + 8, at + 8 + length));
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return found;
}

async function keysOf(peer: BadPeer): Promise<number> {
  await peer.send(ask('Locate'));
  const tree = await peer.answerTree();
  return tree === null ? Number.NaN : fieldsOf(tree, Tag.UniqueIdentifier).length;
}

describe('good messages sent in a bad way', () => {
  it('[S14] row 57: byte by byte, and several in one piece, are served', async () => {
    await withBadPeers(async (lab) => {
      const peer = await BadPeer.open(lab);
      for (const byte of ask('DiscoverVersions')) await peer.send(Uint8Array.of(byte));
      expect((await peer.answer())?.items).toMatchObject([{ outcome: 'Success' }]);
      await peer.send(Buffer.concat([ask('DiscoverVersions'), ask('Locate'), ask('DiscoverVersions')]));
      for (const operation of ['DiscoverVersions', 'Locate', 'DiscoverVersions']) {
        expect((await peer.answer())?.items).toEqual([{ operation, outcome: 'Success' }]);
      }
      await peer.end();
    });
  });

  it('[S14] row 58: a client that asks and never reads is held back, then sent away; others are served', async () => {
    await withBadPeers(async (lab) => {
      const deaf = await BadPeer.open(lab);
      const query = ask('Query', raw(Tag.QueryFunction, 0x05, Uint8Array.of(0, 0, 0, 1)));
      let sent = 0;
      const flood = async (): Promise<void> => {
        for (; sent < FLOOD; sent += 1) await deaf.send(query);
      };
      const fromMs = lab.clock.nowMs;
      await expect(flood()).rejects.toThrow();
      expect(sent).toBeLessThan(FLOOD);
      expect(lab.clock.nowMs - fromMs).toBe(10_000);
      const other = await BadPeer.open(lab, FROM_CLIENT_1);
      expect((await other.ask(ask('DiscoverVersions')))?.items).toMatchObject([{ outcome: 'Success' }]);
      await other.end();
    });
  });

  it('[S14] row 59: a Create whose answer was lost has made its key, once; asked again it makes another', async () => {
    await withBadPeers(async (lab) => {
      const lost = await BadPeer.open(lab);
      await lost.send(ask('Create', ...createPayload()));
      await lost.abort();
      const peer = await BadPeer.open(lab);
      expect(await keysOf(peer)).toBe(1);
      await peer.create();
      expect(await keysOf(peer)).toBe(2);
      await peer.end();
      const creates = (await lab.audit())
        .flatMap(({ items = [] }) => items)
        .filter((item) => item.operation === 'Create');
      expect(creates.map(({ status }) => status)).toEqual(['Success', 'Success']);
    });
  });
});

describe('bad messages made of good ones', () => {
  it('[S14] row 60: every beginning of a message ends without an answer and changes nothing', async () => {
    await withBadPeers(async (lab) => {
      const owner = await BadPeer.open(lab);
      const key = await owner.create();
      const lines = (await lab.audit()).length;
      for (const message of goodMessages(key)) {
        for (let length = 1; length < message.length; length += 1) {
          const peer = await BadPeer.open(lab);
          await peer.send(message.subarray(0, length));
          await peer.end();
          expect(await peer.answer()).toBeNull();
        }
      }
      expect((await lab.audit()).slice(lines)).toEqual([]);
      expect(await keysOf(owner)).toBe(1);
      await owner.end();
    });
  });

  it('[S14] row 61: no single bit makes the server fail, show another’s key or change it', async () => {
    await withBadPeers(async (lab) => {
      const owner = await BadPeer.open(lab);
      const key = await owner.create();
      for (const message of goodMessages(key)) {
        let stranger = await BadPeer.open(lab, FROM_CLIENT_1);
        for (let bit = 0; bit < message.length * 8; bit += 1) {
          const changed = Buffer.from(message);
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          await stranger.send(changed);
          // A longer message than was sent is waited for: end it.
          const isWaitedFor = changed.readUInt32BE(4) > message.length - 8 && changed.readUInt32BE(4) < 1024 * 1024;
          if (isWaitedFor) await stranger.end();
          const tree = await stranger.answerTree();
          if (tree !== null) expect(fieldsOf(tree, Tag.KeyMaterial)).toEqual([]);
          if (isWaitedFor || tree === null || (await isOver(stranger)))
            stranger = await BadPeer.open(lab, FROM_CLIENT_1);
        }
        await stranger.end();
      }
      await owner.send(ask('GetAttributes', id(key), text(Tag.AttributeName, 'State')));
      const tree = await owner.answerTree();
      expect(tree === null ? null : fieldsOf(tree, Tag.AttributeValue)).toMatchObject([{ value: 1 }]);
      await owner.end();
    });
  });

  it('[S14] row 62: no wrong length gets a success', async () => {
    await withBadPeers(async (lab) => {
      const owner = await BadPeer.open(lab);
      const key = await owner.create();
      for (const message of goodMessages(key)) {
        for (const at of offsetsOf(message)) {
          const length = message.readUInt32BE(at + 4);
          const wrong = [0, 1, length - 1, length + 1, length + 8, 2 ** 31, 2 ** 32 - 1];
          for (const lengthBytes of wrong.filter((one) => one >= 0 && one !== length)) {
            const changed = Buffer.from(message);
            changed.writeUInt32BE(lengthBytes, at + 4);
            const peer = await BadPeer.open(lab);
            await peer.send(changed);
            await peer.end();
            const answer = await peer.answer();
            expect(answer?.items.some(({ outcome }) => outcome === 'Success') ?? false, `${at}: ${lengthBytes}`).toBe(
              false,
            );
          }
        }
      }
      expect(await keysOf(owner)).toBe(1);
      await owner.end();
    });
  });
});

/** Says whether the server has ended the connection: a refused message is its last. */
async function isOver(peer: BadPeer): Promise<boolean> {
  await peer.send(ask('DiscoverVersions')).catch(() => {});
  return (await peer.answer()) === null;
}
