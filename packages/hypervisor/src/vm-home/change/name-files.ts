import type { DiskConfig, VmConfig } from '../vm-config.js';
import type { ChangeRecord } from './change-record.js';
import { TakenNames } from './free-names.js';
import { type ChangePlan, type DiskChange, type KeyChange, rewritesData } from './plan-change.js';

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

/** Chooses names for all that a change makes; none of them is in the folder. */
export function nameNewFiles(config: VmConfig, plan: ChangePlan, present: readonly string[]): NewFiles {
  const taken = new TakenNames(present);
  const rewritten = plan.disks.filter(({ change }) => rewritesData(change)).map(({ disk }) => disk);
  const disks = new Map(rewritten.map((disk) => [disk.deviceKey, nameDisk(disk, taken)]));
  const nvramFileName = rewritesData(plan.home) ? nameNvram(config.nvramFileName, taken) : null;
  const made = [...disks.values()].flatMap(({ extentFileName, fileName }) => [extentFileName, fileName]);
  const dropped = rewritten.flatMap(({ extentFileName, fileName }) => [extentFileName, fileName]);
  return {
    disks,
    nvramFileName,
    record: {
      made: nvramFileName === null ? made : [...made, nvramFileName],
      dropped: nvramFileName === null ? dropped : [...dropped, config.nvramFileName],
    },
  };
}

/**
 * Chooses names for the files of a change that leaves extents where they are: descriptors, and an NVRAM.
 *
 * @param more what it makes and drops besides
 */
export function nameDescriptors(
  config: VmConfig,
  disks: readonly DiskConfig[],
  home: KeyChange,
  present: readonly string[],
  more: ChangeRecord,
): NewFiles {
  const taken = new TakenNames(present);
  const named = new Map(
    disks.map((disk) => {
      const [fileName = ''] = taken.take(stemOf(disk.fileName), ['.vmdk']);
      return [disk.deviceKey, { fileName, extentFileName: disk.extentFileName }];
    }),
  );
  const nvramFileName = rewritesData(home) ? nameNvram(config.nvramFileName, taken) : null;
  const isNvramNew = nvramFileName !== null;
  return {
    disks: named,
    nvramFileName,
    record: {
      made: [
        ...more.made,
        ...[...named.values()].map(({ fileName }) => fileName),
        ...(isNvramNew ? [nvramFileName] : []),
      ],
      dropped: [
        ...[...more.dropped, ...disks.map(({ fileName }) => fileName)],
        ...(isNvramNew ? [config.nvramFileName] : []),
      ],
    },
  };
}

function nameDisk({ fileName }: DiskChange['disk'], taken: TakenNames): DiskFiles {
  const [descriptor = '', extent = ''] = taken.take(stemOf(fileName), ['.vmdk', '-flat.vmdk']);
  return { fileName: descriptor, extentFileName: extent };
}

function nameNvram(fileName: string, taken: TakenNames): string {
  const [name = ''] = taken.take(stemOf(fileName), [/\.[^.]*$/.exec(fileName)?.[0] ?? '']);
  return name;
}

function stemOf(fileName: string): string {
  return fileName.replace(/\.[^.]*$/, '');
}
