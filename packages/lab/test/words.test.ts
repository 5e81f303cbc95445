import { describe, expect, it } from 'vitest';
import { formatDuration, parseDurationMs } from '../src/topology/duration.js';
import { formatSize, parseSizeBytes } from '../src/topology/size.js';

describe('sizes', () => {
  it.each([
    ['512B', 512],
    ['4 KiB', 4096],
    ['64MiB', 67_108_864],
    ['1GiB', 1_073_741_824],
    ['2TiB', 2_199_023_255_552],
  ])('reads %s', (text, bytes) => {
    expect(parseSizeBytes(text)).toBe(bytes);
    expect(parseSizeBytes(formatSize(bytes))).toBe(bytes);
  });
  it.each(['', '64', '64MB', '-1MiB', '1.5GiB', '9999999999TiB', 'MiB'])('refuses %j', (text) => {
    expect(parseSizeBytes(text)).toBeNull();
  });
});

describe('durations', () => {
  it.each([
    ['250ms', 250, '250 ms'],
    ['30s', 30_000, '30 s'],
    ['5m', 300_000, '5 min'],
    ['150m', 9_000_000, '2 h 30 min'],
    ['1d', 86_400_000, '24 h'],
    ['30d', 2_592_000_000, '30 days'],
    ['301s', 301_000, '5 min 1 s'],
  ])('reads and prints %s', (text, ms, printed) => {
    expect(parseDurationMs(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(printed);
  });
  it.each(['', '5', '5 minutes', '-1s', '1h30m'])('refuses %j', (text) => expect(parseDurationMs(text)).toBeNull());
});
