import { describe, expect, it } from 'vitest';
import { RUN_BUFFER_SIZE_BYTES, RunBuffers } from '../src/disk/run-buffers.js';
import { afterTurns } from './support/turns.js';

function counted() {
  const made: Uint8Array[] = [];
  const allocateBuffer = (sizeBytes: number): Uint8Array => {
    const buffer = new Uint8Array(sizeBytes);
    made.push(buffer);
    return buffer;
  };
  return { made, buffers: new RunBuffers({ allocateBuffer }) };
}

describe('RunBuffers', () => {
  it('lends each borrower a buffer of its own, keeps four, and lets nobody wait', async () => {
    const { made, buffers } = counted();
    const seen = new Set<ArrayBufferLike>();
    let most = 0;
    let now = 0;
    const borrow = () =>
      buffers.lend(512, async (buffer) => {
        seen.add(buffer.buffer);
        most = Math.max(most, ++now);
        await afterTurns(2);
        now -= 1;
      });
    await Promise.all(Array.from({ length: 9 }, borrow));
    expect([seen.size, most, made.length]).toEqual([9, 9, 4]);
    expect(made[0]).toHaveLength(RUN_BUFFER_SIZE_BYTES);
    await borrow();
    expect(made).toHaveLength(4);
    expect(seen.size).toBe(9);
  });

  it('zeroes what a failed borrower left', async () => {
    const { made, buffers } = counted();
    const failed = buffers.lend(1024, async (buffer) => {
      buffer.fill(0x55);
      throw new Error('the medium failed');
    });
    await expect(failed).rejects.toThrow('the medium failed');
    expect(made[0]?.every((byte) => byte === 0)).toBe(true);
  });
});
