import { relative } from 'node:path';
import type { World } from '@vcryptsim/lab';
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
  const marker = vm?.disks[0]?.ledger.markers()[0]?.subarray(0, NEEDLE_BYTES);
  return [
    ...(vm === undefined ? [] : [[...PROGRAM, 'inspect', shellWord(`${folder}/${vm.name}/${vm.name}.vmdk`)]]),
    ...(marker === undefined ? [] : [[...PROGRAM, 'scan', shellWord(folder), '--needle', hex(marker)]]),
    ...(other === null ? [] : [[...PROGRAM, 'run', shellWord(relative(process.cwd(), other))]]),
  ];
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
