import { defaultLimits, encodeTtlv, Tag } from '@vcryptsim/kmip-lite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from '../src/ttlv/frame-reader.js';
import { arbitraryItem } from './support/arbitrary-item.js';
import { channelPair } from './support/channel-pair.js';

const message = fc
  .array(arbitraryItem, { maxLength: 4 })
  .map((items) => encodeTtlv({ tag: Tag.RequestMessage, type: 'Structure', items }));

describe('frames', () => {
  it('come out as they were sent, whatever chunks the bytes come in, and leave no copy in a buffer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 10 }),
        async (messages, steps) => {
          const [near, far] = channelPair();
          const stream = Buffer.concat(messages);
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const step = steps[turn % steps.length] ?? 1;
            await far.write(stream.subarray(at, at + step));
            at += step;
          }
          await far.close();
          const frames = new FrameReader(near, Tag.RequestMessage, defaultLimits);
          for (const sent of messages) {
            expect(await frames.started()).toBe(true);
            const frame = await frames.next();
            expect(Buffer.compare(frame, sent)).toBe(0);
            frame.fill(0);
          }
          expect(await frames.started()).toBe(false);
          expect(frames.leftBytes).toBe(0);
          for (const chunk of near.handed) expect(chunk.every((byte) => byte === 0)).toBe(true);
        },
      ),
    );
  });

  it('are refused by their head alone, before a byte of the body has come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: defaultLimits.messageBytes - 7, max: 2 ** 32 - 1 }), async (lengthBytes) => {
        const head = new Uint8Array([0x42, 0x00, 0x78, 0x01, 0, 0, 0, 0]);
        new DataView(head.buffer).setUint32(4, lengthBytes);
        const [near, far] = channelPair();
        await far.write(head);
        const frames = new FrameReader(near, Tag.RequestMessage, defaultLimits);
        const code = lengthBytes % 8 === 0 ? 'TOO_LARGE' : 'BAD_LENGTH';
        await expect(frames.next()).rejects.toMatchObject({ code });
      }),
    );
  });
});
