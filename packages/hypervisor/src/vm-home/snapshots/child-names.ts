import { stemOf } from '../../formats/file-name.js';
import type { DiskFiles } from '../change/name-files.js';

/**
 * Names for the child of a disk: `NAME-000001.vmdk` and `NAME-000001-delta.vmdk`, six digits, the first number whose files are
 * free; it is not that of the snapshot (facts/vsphere-formats.md Q2).
 *
 * @param fileName of the descriptor that is frozen, itself a child perhaps
 * @param taken names in the folder, in lower case; the new ones are added
 */
export function nameChild(fileName: string, taken: Set<string>): DiskFiles {
  const base = stemOf(fileName).replace(/-[0-9]{6}$/, '');
  for (let number = 1; ; number += 1) {
    const stem = `${base}-${String(number).padStart(6, '0')}`;
    const files = { fileName: `${stem}.vmdk`, extentFileName: `${stem}-delta.vmdk` };
    const names = [files.fileName, files.extentFileName].map((name) => name.toLowerCase());
    if (names.some((name) => taken.has(name))) continue;
    for (const name of names) taken.add(name);
    return files;
  }
}
