import { InvalidArgumentError, Option } from 'commander';

/** Reads `100` or `0x64`. */
export function offsetOf(text: string): number {
  const offsetBytes = /^(?:\d{1,15}|0x[0-9a-f]{1,12})$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(offsetBytes)) throw new InvalidArgumentError('Give a number of bytes: 100, or 0x64.');
  return offsetBytes;
}

/** `--size 16|512`: one block of AES, or one sector. */
export function sizeOption(): Option {
  return new Option('--size <bytes>', 'how much: a block of AES, or a sector').choices(['16', '512']).default('16');
}
