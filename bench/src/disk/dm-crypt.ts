import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What dm-crypt did, or why it could not be measured. */
export type DmCryptResult = { readonly mbps: number } | { readonly notMeasured: string };

/**
 * Writes a disk of zeros through the kernel's dm-crypt (aes-xts-plain64, 512-byte sectors) over a file and a loop device, in
 * requests of 1 MiB past the page cache. Needs root, losetup, dmsetup and a kernel with the crypt target; the devices are
 * taken away again.
 */
export function writeThroughDmCrypt(folder: string, sizeBytes: number): DmCryptResult {
  if (process.getuid?.() !== 0) return { notMeasured: 'it needs root' };
  const targets = spawnSync('dmsetup', ['targets'], { encoding: 'utf8' });
  if (targets.error !== undefined) return { notMeasured: 'there is no dmsetup command' };
  if (targets.status !== 0) return { notMeasured: 'the kernel has no device mapper, or does not let us use it' };
  const file = join(folder, 'dm-crypt');
  writeFileSync(file, '');
  truncateSync(file, sizeBytes);
  try {
    return overLoopDevice(file, sizeBytes);
  } finally {
    rmSync(file, { force: true });
  }
}

function overLoopDevice(file: string, sizeBytes: number): DmCryptResult {
  const loop = spawnSync('losetup', ['--find', '--show', file], { encoding: 'utf8' });
  if (loop.status !== 0) return { notMeasured: 'there is no loop device to be had' };
  const device = loop.stdout.trim();
  const name = `vcryptsim-bench-${process.pid}`;
  // The table goes in by standard input: a key is no argument, and this one lives as long as the measurement.
  const table = `0 ${sizeBytes / 512} crypt aes-xts-plain64 ${randomBytes(64).toString('hex')} 0 ${device} 0\n`;
  try {
    const made = spawnSync('dmsetup', ['create', name], { input: table, encoding: 'utf8' });
    if (made.status !== 0) return { notMeasured: 'the kernel does not make a device of the crypt target' };
    const target = `/dev/mapper/${name}`;
    const start = performance.now();
    const copied = spawnSync('dd', [
      'if=/dev/zero',
      `of=${target}`,
      'bs=1M',
      'oflag=direct',
      `count=${sizeBytes / 2 ** 20}`,
    ]);
    const seconds = (performance.now() - start) / 1000;
    return copied.status === 0
      ? { mbps: sizeBytes / 1e6 / seconds }
      : { notMeasured: 'dd could not write to its device' };
  } finally {
    spawnSync('dmsetup', ['remove', name]);
    spawnSync('losetup', ['--detach', device]);
  }
}
