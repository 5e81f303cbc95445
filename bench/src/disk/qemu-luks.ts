import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Spent } from './spent.js';

/** Version of `qemu-img`, or null where there is none. */
export function qemuImgVersion(): string | null {
  const { stdout, status } = spawnSync('qemu-img', ['--version'], { encoding: 'utf8' });
  return status === 0 ? (stdout.split('\n')[0] ?? '') : null;
}

/**
 * `qemu-img convert` of a raw file into a LUKS image (aes-256-xts, plain64, 512-byte sectors) that was made before and is
 * taken away after: what the conversion alone took.
 *
 * @param rawPath the plain disk
 * @returns null where qemu-img is missing or refuses
 */
export function convertToLuks(folder: string, rawPath: string, sizeBytes: number): Spent | null {
  const image = join(folder, 'peer.luks');
  const secret = ['--object', 'secret,id=s0,data=abc123'];
  const options = 'key-secret=s0,cipher-alg=aes-256,cipher-mode=xts,ivgen-alg=plain64,iter-time=10';
  const make = ['create', '-q', '-f', 'luks', ...secret, '-o', options, image, String(sizeBytes)];
  try {
    if (spawnSync('qemu-img', make).status !== 0) return null;
    const target = `driver=luks,key-secret=s0,file.filename=${image}`;
    const convert = ['convert', ...secret, '-n', '-f', 'raw', '--target-image-opts', rawPath, target];
    const start = performance.now();
    // `times` prints what the shell's children took, user and system, on its second line.
    const { status, stdout } = spawnSync('sh', ['-c', 'qemu-img "$@" && times', 'sh', ...convert], {
      encoding: 'utf8',
    });
    const wallSeconds = (performance.now() - start) / 1000;
    return status === 0 ? { cpuSeconds: secondsOf(stdout.split('\n')[1] ?? ''), wallSeconds } : null;
  } finally {
    rmSync(image, { force: true });
  }
}

/** Seconds of `0m1.250s 0m0.500s` (POSIX, `times`). */
export function secondsOf(times: string): number {
  return [...times.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
}
