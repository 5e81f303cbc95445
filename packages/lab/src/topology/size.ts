import { z } from 'zod';

const UNIT_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};
const SECTOR_BYTES = 512;

/** The largest virtual disk of vSphere 7 and 8: 62 TiB (VMware configuration maximums). */
export const DISK_BYTES_MAX = 62 * 1024 ** 4;

/** Bytes of a size such as `64MiB` or `512 B`, or null when the text is not one. */
export function parseSizeBytes(text: string): number | null {
  const match = /^(\d{1,15})\s*(B|KiB|MiB|GiB|TiB)$/.exec(text.trim());
  const unitBytes = UNIT_BYTES[match?.[2] ?? ''];
  if (match === null || unitBytes === undefined) return null;
  const bytes = Number(match[1]) * unitBytes;
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Prints bytes in the largest unit that leaves a whole number: 67108864 is `64 MiB`. */
export function formatSize(bytes: number): string {
  const units = Object.entries(UNIT_BYTES).reverse();
  const [name, unitBytes] = units.find(([, each]) => bytes >= each && bytes % each === 0) ?? ['B', 1];
  return `${bytes / unitBytes} ${name}`;
}

const sizeSchema = z.string().transform((text, context) => {
  const bytes = parseSizeBytes(text);
  if (bytes !== null && bytes >= SECTOR_BYTES && bytes % SECTOR_BYTES === 0 && bytes <= DISK_BYTES_MAX) return bytes;
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  const message =
    bytes === null && !/^\d+\s*(B|KiB|MiB|GiB|TiB)$/.test(text.trim())
      ? `'${shown}' is not a size. Write a number and a unit, for example 64MiB (B, KiB, MiB, GiB, TiB)`
      : `'${shown}' is not a disk size. A disk has a whole number of ${SECTOR_BYTES}-byte sectors, at least one, at most 62 TiB`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** A disk's size in a scenario: a text with its unit, at least one sector, whole sectors, at most 62 TiB. The result is in bytes. */
export const diskSizeSchema = sizeSchema.describe('a size such as 64MiB (B, KiB, MiB, GiB, TiB)');
