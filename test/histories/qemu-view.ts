// What qemu-img reads of a plain disk of a history: its folder is copied to real files, and the top of the chain converted.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileSystem, readWhole } from '@vcryptsim/ports';

const FILE_LIMIT_BYTES = 2 ** 26;

/** Whether qemu-img is installed. */
export function hasQemu(): boolean {
  return spawnSync('qemu-img', ['--version']).status === 0;
}

/**
 * Converts disks to raw.
 *
 * @param folder of the VM
 * @param descriptors names of the descriptors that the VMX names
 */
export async function qemuView(
  files: FileSystem,
  folder: string,
  descriptors: readonly string[],
): Promise<readonly Uint8Array[]> {
  const copy = mkdtempSync(join(tmpdir(), 'vcryptsim-histories-'));
  try {
    for (const name of await files.readdir(folder)) {
      if (name.endsWith('.vmdk'))
        writeFileSync(join(copy, name), await readWhole(files, `${folder}/${name}`, FILE_LIMIT_BYTES));
    }
    return descriptors.map((name) => {
      execFileSync('qemu-img', ['convert', '-f', 'vmdk', '-O', 'raw', join(copy, name), join(copy, 'seen.img')]);
      return readFileSync(join(copy, 'seen.img'));
    });
  } finally {
    rmSync(copy, { recursive: true });
  }
}
