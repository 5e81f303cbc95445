import { spawnSync } from 'node:child_process';
import type { Direction } from '@vcryptsim/crypto-core';

/**
 * Runs `openssl speed -evp aes-256-xts` over one data unit: a native loop on one context that never changes the tweak,
 * so a ceiling that no program with real tweaks reaches.
 *
 * @returns MB/s, or null where the command is missing or answers something else
 */
export function opensslSpeed(unitSizeBytes: number, direction: Direction): number | null {
  const args = ['speed', '-elapsed', '-mr', '-seconds', '1', '-bytes', String(unitSizeBytes), '-evp', 'aes-256-xts'];
  if (direction === 'decrypt') args.push('-decrypt');
  const { stdout, status } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) return null;
  // One line of machine-readable results: +F:22:AES-256-XTS:1234567890.12 (bytes a second).
  const bytesPerSecond = Number(/^\+F:\d+:[^:]+:([0-9.]+)/m.exec(stdout)?.[1]);
  return Number.isFinite(bytesPerSecond) ? bytesPerSecond / 1e6 : null;
}
