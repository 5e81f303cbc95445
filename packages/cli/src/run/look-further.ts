import { relative } from 'node:path';
import { TEXT_FILE_LIMIT_BYTES, Vmx } from '@vcryptsim/hypervisor/formats';
import type { World } from '@vcryptsim/lab';
import { readWhole } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { scenarioAfter } from './find-scenarios.js';
import { PROGRAM, shellWord } from './repeat-command.js';

/** Enough of a guest's data to be found nowhere by chance. */
const NEEDLE_BYTES = 10;

/** Three commands that show more of a run: what a file holds, that data is not found in it, another scenario. */
export async function lookFurther(world: World, scenarioPath: string): Promise<string[][]> {
  const [vm] = world.vms.all();
  const other = await scenarioAfter(new OsFileSystem(), scenarioPath);
  const folder = `${world.folder.datastores}/${world.lab.datastore}`;
  const descriptor = vm === undefined ? null : await firstDescriptorIn(`${folder}/${vm.name}`, `${vm.name}.vmx`);
  const marker = vm?.disks[0]?.ledger.markers()[0]?.subarray(0, NEEDLE_BYTES);
  return [
    ...(descriptor === null ? [] : [[...PROGRAM, 'inspect', shellWord(descriptor)]]),
    ...(marker === undefined ? [] : [[...PROGRAM, 'scan', shellWord(folder), '--needle', hex(marker)]]),
    ...(other === null ? [] : [[...PROGRAM, 'run', shellWord(relative(process.cwd(), other))]]),
  ];
}

/** The first disk's descriptor, as the VM's own file names it now; null where that cannot be read. */
async function firstDescriptorIn(folder: string, vmxFileName: string): Promise<string | null> {
  try {
    const bytes = await readWhole(new OsFileSystem(), `${folder}/${vmxFileName}`, TEXT_FILE_LIMIT_BYTES);
    const name = Vmx.read(bytes, vmxFileName, () => {}).get('scsi0:0.fileName');
    return name === undefined ? null : `${folder}/${name}`;
  } catch {
    return null;
  }
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
