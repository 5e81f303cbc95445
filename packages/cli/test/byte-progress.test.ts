import { PassThrough } from 'node:stream';
import type { Clock } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { ByteProgress, formatBytes } from '../src/terminal/byte-progress.js';

/** A clock that is set by hand; only its time is asked for. */
function handClock(): { clock: Clock; set: (nowMs: number) => void } {
  const state = { nowMs: 0 };
  return { clock: state as unknown as Clock, set: (nowMs) => Object.assign(state, { nowMs }) };
}

/** What a bar drew, on something that says it is a terminal, or is none. */
function drawn(isTTY: boolean, work: (progress: ByteProgress, set: (nowMs: number) => void) => void): string {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const { clock, set } = handClock();
  const progress = new ByteProgress('scanning', 1000, clock, stream);
  work(progress, set);
  progress.end();
  return String(stream.read() ?? '');
}

describe('a byte progress', () => {
  it('draws nothing for work of a second', () => {
    expect(drawn(true, (progress) => progress.advance(1000))).toBe('');
  });

  it('draws a bar once a second has passed', () => {
    const shown = drawn(true, (progress, set) => {
      progress.advance(400);
      set(1001);
      progress.advance(100);
    });
    expect(shown).toContain('scanning');
    expect(shown).toContain('50% of 1000 B');
  });

  it('draws nothing where there is no terminal', () => {
    const shown = drawn(false, (progress, set) => {
      set(5000);
      progress.advance(500);
    });
    expect(shown).toBe('');
  });
});

describe('sizes for people', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1024 ** 2, '1.0 MiB'],
    [1024 ** 3, '1.0 GiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [2 * 1024 ** 5, '2048.0 TiB'],
  ])('%i bytes are %s', (sizeBytes, text) => {
    expect(formatBytes(sizeBytes)).toBe(text);
  });
});
