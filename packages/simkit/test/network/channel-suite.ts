// What every Channel promises, whatever it runs over: the suite that networks, local sockets and doubles run.
import type { Channel } from '@vcryptsim/ports';
import { expect, it } from 'vitest';

/** A channel without what only some kinds know. */
export type AnyChannel = Omit<Channel, 'peer'>;

/** @param withPair makes a connection, lets a test use its two ends, and ends it */
export function channelSuite(withPair: (use: (a: AnyChannel, b: AnyChannel) => Promise<void>) => Promise<void>): void {
  it('carries bytes both ways, whole and in order, whatever their size', () =>
    withPair(async (a, b) => {
      for (const length of [1, 100, 16_384, 16_385, 700_000]) {
        const sent = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff);
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const) {
          const writing = from.write(sent.slice());
          expect(Buffer.compare(await readBytes(to, length), sent)).toBe(0);
          await writing;
        }
      }
    }));

  it('hands up a buffer that is the reader’s own', () =>
    withPair(async (a, b) => {
      const one = Uint8Array.of(1, 2, 3);
      const writing = a.write(one);
      const got = await b.read();
      await writing;
      got?.fill(0);
      expect([...one]).toEqual([1, 2, 3]);
    }));

  it('ends in order on close: everything arrives, then null, then a write fails', () =>
    withPair(async (a, b) => {
      await Promise.all([a.write(new Uint8Array(100_000)), a.close(), readBytes(b, 100_000)]);
      expect(await b.read()).toBeNull();
      expect(await b.read()).toBeNull();
      expect(await firstFailure(() => b.write(Uint8Array.of(1)))).toBe('RESET');
    }));

  it('knows its own end: no read and no write after it, and ended twice is ended once', () =>
    withPair(async (a, b) => {
      await Promise.all([b.write(Uint8Array.of(1)), a.close()]);
      await expect(a.read()).rejects.toMatchObject({ code: 'CLOSED' });
      await expect(a.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'CLOSED' });
      await Promise.all([a.close(), a.abort(), b.close(), b.abort()]);
    }));

  it('breaks on abort: the peer reads RESET and writes no more, this side is closed', () =>
    withPair(async (a, b) => {
      const writing = a.write(Uint8Array.of(1));
      expect(await readBytes(b, 1)).toEqual(Uint8Array.of(1));
      await writing;
      await a.abort();
      expect(await firstFailure(() => b.read())).toBe('RESET');
      expect(await firstFailure(() => b.write(Uint8Array.of(1)))).toBe('RESET');
      await expect(a.read()).rejects.toMatchObject({ code: 'CLOSED' });
    }));

  it('wakes a reader when its own side is closed', () =>
    withPair(async (a) => {
      const reading = a.read().then(
        () => 'read',
        (error: { code?: string }) => error.code,
      );
      await a.close();
      expect(await reading).toBe('CLOSED');
    }));
}

async function readBytes(channel: AnyChannel, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let sum = 0; sum < length; ) {
    const part = await channel.read();
    if (part === null) throw new Error(`the end came after ${sum} bytes`);
    parts.push(part);
    sum += part.length;
  }
  return Uint8Array.from(Buffer.concat(parts));
}

/** Code with which a call fails in the end: what is under way when the other side ends may still be taken. */
async function firstFailure(call: () => Promise<unknown>): Promise<string | undefined> {
  for (let times = 0; times < 100; times++) {
    const code = await call().then(
      () => null,
      (error: { code?: string }) => error.code ?? 'no code',
    );
    if (code !== null) return code;
  }
  return undefined;
}
