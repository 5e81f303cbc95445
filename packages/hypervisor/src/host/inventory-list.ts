import type { VmName, VmUuid } from '@vcryptsim/ports';
import { HypervisorError } from '../api/errors.js';
import { fileDamaged } from '../api/faults.js';
import { type DatastorePath, parseDatastorePath } from '../datastore/datastore-path.js';
import { isUuid } from '../formats/vmware-uuid.js';
import { Vmx } from '../formats/vmx.js';
import { RegisteredVm } from './registered-vm.js';

const ENTRY = /^\s*vmlist([0-9]{1,9})\./i;
const NO_PATH: DatastorePath = { datastore: '?', folder: '?', fileName: '?' };

/** A line that no reader of dictionaries takes. */
interface BadLine {
  readonly line: number;
  readonly fault: HypervisorError;
}

/**
 * The text of a host's inventory, as it stands in the file: read line by line, so that one that is wrong costs one VM and
 * not the host, and edited in place, so that no entry is lost that could not be read.
 *
 * Entries are numbered and may have gaps. An entry with a fault is a VM all the same: under its own UUID where that can
 * be read, else under one made of the number of its line.
 */
export class InventoryList {
  readonly #file: string;
  readonly #text: Vmx;
  readonly #bad: readonly BadLine[];
  readonly #badByNumber: ReadonlyMap<number, readonly BadLine[]>;
  readonly #numbers = new Map<RegisteredVm, number>();
  #highest = 0;

  private constructor(file: string, text: Vmx, bad: readonly BadLine[]) {
    this.#file = file;
    this.#text = text;
    this.#bad = bad;
    const byNumber = new Map<number, BadLine[]>();
    for (const each of bad) {
      const number = numberOf(text.line(each.line));
      if (number === null) continue;
      const others = byNumber.get(number);
      if (others === undefined) byNumber.set(number, [each]);
      else others.push(each);
    }
    this.#badByNumber = byNumber;
  }

  /** The list of a host that never registered a VM. */
  static empty(file: string): InventoryList {
    return new InventoryList(file, Vmx.create(), []);
  }

  /** Reads the bytes of a list. Nothing in them is refused. */
  static read(bytes: Uint8Array, file: string): InventoryList {
    const bad: BadLine[] = [];
    const text = Vmx.read(bytes, file, (fault, line) => bad.push({ fault, line }));
    const list = new InventoryList(file, text, bad);
    const seen = new Set<string>();
    for (const [number, firstLine] of list.#entryNumbers()) {
      list.#highest = Math.max(list.#highest, number);
      const vm = list.#vmAt(number, firstLine, seen);
      if (vm === null) continue;
      seen.add(vm.uuid);
      list.#numbers.set(vm, number);
    }
    return list;
  }

  /** The VMs, in the order of their numbers. */
  get vms(): readonly RegisteredVm[] {
    return [...this.#numbers.keys()];
  }

  /** Lines that could not be read, or belong to an entry that could not; from 1. */
  get badLines(): readonly number[] {
    const ofEntries = this.vms.flatMap(({ badEntry }) => {
      const fault = badEntry?.fault;
      return fault?.code === 'FILE_DAMAGED' && fault.line !== undefined ? [fault.line] : [];
    });
    return [...new Set([...this.#bad.map(({ line }) => line), ...ofEntries])].sort((a, b) => a - b);
  }

  /** The same list with one VM more, at the next number. */
  with(vm: RegisteredVm): InventoryList {
    const list = this.#copy();
    list.#highest += 1;
    list.#numbers.set(vm, list.#highest);
    list.#text.set(`vmlist${list.#highest}.config`, vm.shown);
    list.#text.set(`vmlist${list.#highest}.uuid`, vm.uuid);
    list.#text.set(`vmlist${list.#highest}.displayName`, vm.registeredName);
    return list;
  }

  /** The same list without a VM, and without the lines of its entry that cannot be read. */
  without(vm: RegisteredVm): InventoryList {
    const list = this.#copy();
    const number = list.#numbers.get(vm);
    list.#numbers.delete(vm);
    if (number === undefined) return list;
    for (const [key] of list.#text.entries()) if (numberOf(key) === number) list.#text.remove(key);
    for (const { line } of list.#badOf(number)) list.#text.removeLine(line);
    return list;
  }

  /** The file's bytes. */
  toBytes(): Uint8Array {
    return this.#text.toBytes();
  }

  #copy(): InventoryList {
    const bad: BadLine[] = [];
    const text = Vmx.read(this.#text.toBytes(), this.#file, (fault, line) => bad.push({ fault, line }));
    const list = new InventoryList(this.#file, text, bad);
    for (const [vm, number] of this.#numbers) list.#numbers.set(vm, number);
    list.#highest = this.#highest;
    return list;
  }

  /** Numbers of the entries, ascending, each with the first of its lines. */
  #entryNumbers(): ReadonlyMap<number, number> {
    const firstLines = new Map<number, number>();
    const note = (number: number | null, line: number): void => {
      if (number !== null) firstLines.set(number, Math.min(line, firstLines.get(number) ?? line));
    };
    for (const [key] of this.#text.entries()) note(numberOf(key), this.#text.lineOf(key) ?? 0);
    for (const [number, [first]] of this.#badByNumber) note(number, first?.line ?? 0);
    return new Map([...firstLines].sort(([one], [other]) => one - other));
  }

  #badOf(number: number): readonly BadLine[] {
    return this.#badByNumber.get(number) ?? [];
  }

  /** The VM of an entry; null for what is left of one that says neither file nor UUID. */
  #vmAt(number: number, firstLine: number, seen: ReadonlySet<string>): RegisteredVm | null {
    const key = `vmlist${number}`;
    const [config, uuid, name] = ['config', 'uuid', 'displayName'].map((field) => this.#text.get(`${key}.${field}`));
    const [bad] = this.#badOf(number);
    if (config === undefined && uuid === undefined && bad === undefined) return null;
    const path = pathIn(config);
    const known = uuid !== undefined && isUuid(uuid) && !seen.has(uuid);
    const shownName = (name ?? path?.folder ?? key) as VmName;
    if (path !== null && known) return new RegisteredVm(uuid as VmUuid, path, shownName);
    const line = bad?.line ?? this.#text.lineOf(`${key}.${path === null ? 'config' : 'uuid'}`) ?? firstLine;
    const fault = bad?.fault ?? fileDamaged(this.#file, whatIsWrong(key, path, uuid, seen), line);
    const standIn = `00000000-0000-0000-0000-${String(line).padStart(12, '0')}`;
    return new RegisteredVm((known ? uuid : standIn) as VmUuid, path ?? NO_PATH, shownName, fault);
  }
}

function whatIsWrong(
  key: string,
  path: DatastorePath | null,
  uuid: string | undefined,
  seen: ReadonlySet<string>,
): string {
  if (path === null) return `${key}.config is missing or not of the form [datastore] folder/file`;
  return uuid !== undefined && seen.has(uuid) ? `${key}.uuid occurs twice` : `${key}.uuid is missing or not a UUID`;
}

function numberOf(text: string): number | null {
  const number = ENTRY.exec(text)?.[1];
  return number === undefined ? null : Number(number);
}

function pathIn(config: string | undefined): DatastorePath | null {
  try {
    return config === undefined ? null : parseDatastorePath(config);
  } catch (error) {
    if (error instanceof HypervisorError) return null;
    throw error;
  }
}
