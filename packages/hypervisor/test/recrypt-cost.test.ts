// What a shallow recrypt costs, counted at the port: nothing on extents, and the same whatever the size of the disks.
import type { FileHandle, OpenOptions } from '@vcryptsim/ports';
import { sectorCount } from '@vcryptsim/ports';
import { ForwardingFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { Lab, OTHER_KEY, VM, webVm } from './support/lab.js';

/** Counts calls on files by name, reads included, also through handles that were opened before. */
class CountingFiles extends ForwardingFileSystem {
  readonly calls = new Map<string, number>();
  written = 0;

  override async open(path: string, options: OpenOptions): Promise<FileHandle> {
    this.#count(path);
    const handle = await this.inner.open(path, options);
    return {
      pread: (buffer, offset) => this.#counted(path, () => handle.pread(buffer, offset)),
      pwrite: (buffer, offset) => {
        this.written += buffer.length;
        return this.#counted(path, () => handle.pwrite(buffer, offset));
      },
      truncate: (size) => this.#counted(path, () => handle.truncate(size)),
      fsync: () => this.#counted(path, () => handle.fsync()),
      sizeBytes: () => this.#counted(path, () => handle.sizeBytes()),
      close: () => this.#counted(path, () => handle.close()),
    };
  }

  reset(): void {
    this.calls.clear();
    this.written = 0;
  }

  /** Calls on extents. */
  get onExtents(): number {
    return [...this.calls].filter(([path]) => path.endsWith('-flat.vmdk')).reduce((sum, [, count]) => sum + count, 0);
  }

  get all(): number {
    return [...this.calls.values()].reduce((sum, count) => sum + count, 0);
  }

  #counted<T>(path: string, work: () => Promise<T>): Promise<T> {
    this.#count(path);
    return work();
  }

  #count(path: string): void {
    this.calls.set(path, (this.calls.get(path) ?? 0) + 1);
  }
}

async function recrypted(sectors: number, isRunning: boolean): Promise<CountingFiles> {
  const files = new CountingFiles(new MemoryFileSystem());
  const lab = await Lab.safe({ files });
  await lab.host.createVm(webVm({ disks: [{ capacity: sectorCount(sectors) }] }));
  if (isRunning) await lab.host.powerOnVm(VM);
  expect(files.onExtents).toBeGreaterThan(0);
  files.reset();
  await lab.host.reconfigureVm(VM, { crypto: { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id } });
  return files;
}

describe('[S09] a shallow recrypt', () => {
  it.each([[false], [true]])(
    'makes no call on an extent and writes at most 64 KiB (VM runs: %s)',
    async (isRunning) => {
      const [small, large] = [await recrypted(2_048, isRunning), await recrypted(65_536, isRunning)];
      expect([small.onExtents, large.onExtents]).toEqual([0, 0]);
      expect(Math.max(small.written, large.written)).toBeLessThanOrEqual(64 * 1024);
      const ratio = counted('shallow recrypt, file calls', [small.all, '1 MiB'], [large.all, '32 MiB']);
      expect(ratio).toBe(1);
    },
  );
});
