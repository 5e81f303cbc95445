import { fileDamaged } from '../../api/faults.js';
import { decodeNvram, encodeNvram, type NvramVariables } from '../../formats/nvram.js';
import type { StateGroup, StateGroups } from '../../formats/state-groups.js';
import { type BoundDisk, boundDisksIn, boundFieldsOf } from '../key-binding.js';

/** The group of a `.vmsn` that holds what the VM was. */
const GROUP = 'snapshot';

/** What a VM was when a snapshot was taken, but for its disks and its memory. */
export interface FrozenState {
  /** Bytes of its VMX. */
  readonly vmx: Uint8Array;
  /** Its encrypted disks, as its home knew them. */
  readonly disks: readonly BoundDisk[];
  readonly nvram: NvramVariables;
}

/**
 * What goes into a `.vmsn` (row S05: it is sealed with the VM home's DEK), one group `snapshot` of ours:
 *
 * | tag | content |
 * |---|---|
 * | `config` | the VMX, byte for byte |
 * | `bound` | the fields of the home's binding that tell of encrypted disks, as JSON |
 * | `nvram` | the variables of the firmware |
 */
export function encodeFrozenState({ vmx, disks, nvram }: FrozenState): StateGroups {
  const bound = new TextEncoder().encode(JSON.stringify(boundFieldsOf(disks)));
  return new Map([
    [
      GROUP,
      new Map([
        ['config', vmx],
        ['bound', bound],
        ['nvram', encodeNvram(nvram)],
      ]),
    ],
  ]);
}

/**
 * Reads what {@link encodeFrozenState} wrote.
 *
 * @param file name for errors
 * @throws HypervisorError FILE_DAMAGED
 */
export function decodeFrozenState(groups: StateGroups, file: string): FrozenState {
  const group = groups.get(GROUP);
  if (group === undefined) throw fileDamaged(file, `it has no group ${GROUP}`);
  return {
    vmx: tagOf(group, 'config', file),
    disks: [...boundDisksIn(fieldsIn(tagOf(group, 'bound', file), file)).values()],
    nvram: decodeNvram(tagOf(group, 'nvram', file), file),
  };
}

function tagOf(group: StateGroup, name: string, file: string): Uint8Array {
  const tag = group.get(name);
  if (tag === undefined) throw fileDamaged(file, `its group ${GROUP} has no ${name}`);
  return tag;
}

function fieldsIn(bytes: Uint8Array, file: string): Readonly<Record<string, string>> {
  try {
    const fields: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const entries = Object.entries(Object(fields));
    const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string';
    if (entries.every(isText)) return Object.fromEntries(entries);
  } catch {
    // Told below, as for what is JSON and no such fields.
  }
  throw fileDamaged(file, 'what it says of the encrypted disks is not what a host writes');
}
