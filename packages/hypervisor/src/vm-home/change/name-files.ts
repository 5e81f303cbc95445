import { stemOf } from '../../formats/file-name.js';
import type { DiskConfig } from '../disk-config.js';
import type { VmConfig } from '../vm-config.js';
import type { ChangeRecord } from './change-record.js';
import { TakenNames } from './free-names.js';
import { type KeyChange, rewritesData } from './plan-change.js';

/** The new files of one disk. */
export interface DiskFiles {
  readonly fileName: string;
  readonly extentFileName: string;
}

/** The files that a change makes: of each disk that is written anew, by device key, and the NVRAM's. */
export interface NewFiles {
  readonly disks: ReadonlyMap<number, DiskFiles>;
  /** Null where the VM home keeps its DEK. */
  readonly nvramFileName: string | null;
  readonly record: ChangeRecord;
}

/** What a change needs names for. */
export interface FilesToName {
  /** Disks that get a new descriptor. */
  readonly disks: readonly DiskConfig[];
  /** Whether their data is written anew beside, into new extents; else extents stay where they are. */
  readonly hasNewExtents: boolean;
  readonly home: KeyChange;
  /** What the change makes and drops besides. */
  readonly more?: ChangeRecord;
}

/**
 * Chooses names for the files that a change makes; none of them is in the folder.
 *
 * @param present what is in the folder
 */
export function nameNewFiles(
  { nvramFileName: oldNvram }: VmConfig,
  present: readonly string[],
  { disks, hasNewExtents, home, more = { made: [], dropped: [] } }: FilesToName,
): NewFiles {
  const taken = new TakenNames(present);
  const named = disks.map((disk) => ({ deviceKey: disk.deviceKey, ...nameDisk(disk, hasNewExtents, taken) }));
  const nvramFileName = rewritesData(home) ? nameNvram(oldNvram, taken) : null;
  const filesOf = ({ extentFileName, fileName }: DiskFiles): string[] =>
    hasNewExtents ? [extentFileName, fileName] : [fileName];
  return {
    disks: new Map(named.map((files) => [files.deviceKey, files])),
    nvramFileName,
    record: {
      made: [...more.made, ...named.flatMap(filesOf), ...(nvramFileName === null ? [] : [nvramFileName])],
      dropped: [...more.dropped, ...disks.flatMap(filesOf), ...(nvramFileName === null ? [] : [oldNvram])],
    },
  };
}

function nameDisk({ fileName, extentFileName }: DiskFiles, hasNewExtent: boolean, taken: TakenNames): DiskFiles {
  const endings = hasNewExtent ? ['.vmdk', '-flat.vmdk'] : ['.vmdk'];
  const [descriptor = '', extent = extentFileName] = taken.take(stemOf(fileName), endings);
  return { fileName: descriptor, extentFileName: extent };
}

/** The name that a new NVRAM takes beside the old one. */
export function nameNvram(fileName: string, taken: TakenNames): string {
  const [name = ''] = taken.take(stemOf(fileName), [/\.[^.]*$/.exec(fileName)?.[0] ?? '']);
  return name;
}
