import { basename } from 'node:path';
import {
  decodeText,
  descriptorBeside,
  type FileEnds,
  isPlainNvram,
  recognizeFile,
  Vmx,
} from '@vcryptsim/hypervisor/formats';
import { CliError, EXIT } from '../exit.js';
import { describeData, type ReadBeside } from './describe-data.js';
import { describeDescriptor } from './describe-descriptor.js';
import { describeByName, describeKind } from './describe-foreign.js';
import { describeNvram } from './describe-nvram.js';
import { describeSnapshots } from './describe-snapshots.js';
import { cowdEntries, describeSparse, embeddedText, splitEntries } from './describe-sparse.js';
import { describeEncobj, describeState } from './describe-state.js';
import { describeVmx } from './describe-vmx.js';
import { describeWorkingFile } from './describe-working-file.js';
import type { FileReport } from './file-report.js';
import { parentNote } from './parent-note.js';

/** Dictionaries by the ends of their names. */
const DICTIONARIES: readonly (readonly [end: RegExp, format: string])[] = [
  [/\.vmtx$/i, 'template of a VM (.vmtx)'],
  [/\.vmx\.change$/i, 'record of a change that is under way (.vmx.change)'],
  [/\.vmpl$/i, 'policies of a VM (.vmpl)'],
  [/\.vmls$/i, 'inventory of a host (.vmls)'],
  [/\.vmx(?:~|\.bak|\.orig|\.old)?$/i, 'configuration of a VM (.vmx)'],
];

/**
 * Says what one file of a VM shows: by its bytes first, by its name where the bytes have no mark.
 *
 * @param beside reads another file of its folder: the data of a disk is described by its descriptor
 * @param whole reads the whole file; asked for files of text and of firmware variables only
 * @throws HypervisorError FILE_DAMAGED, BUNDLE_TAMPERED, NOT_SUPPORTED; CliError for what is no file of a VM
 */
export async function describeFile(
  ends: FileEnds,
  whole: () => Promise<Uint8Array>,
  file: string,
  beside: ReadBeside | null = null,
): Promise<FileReport> {
  if (ends.sizeBytes === 0) return describeEmpty(file);
  if (isPlainNvram(ends.head)) return describeNvram(await whole(), file);
  const kind = recognizeFile(ends);
  if (kind?.id === 'vmdk-descriptor') {
    const text = decodeText(await whole(), file);
    return withNotes(describeDescriptor(text, file), await parentNote(text, file, beside));
  }
  if (kind?.id === 'vmdk-sparse' || kind?.id === 'vmdk-stream') {
    const report = describeSparse(ends.head, file, kind.name);
    return withNotes(report, await parentNote(embeddedText(ends.head, file), file, beside));
  }
  if (kind?.id === 'nvram' || (kind?.id === 'encobj' && /\.nvram$/i.test(file))) {
    return describeNvram(await whole(), file);
  }
  if (kind?.id === 'state') return describeState(ends, file, kind.name);
  const working = describeWorkingFile(ends, file);
  if (working !== null) return working;
  if (kind?.id === 'vmdk-split') return describeData(ends, file, beside, splitEntries(ends));
  if (kind?.id === 'vmdk-cowd') return describeData(ends, file, beside, cowdEntries(ends, file));
  const sealed = kind?.id === 'encobj' ? describeEncobj(ends, file, kind.name) : null;
  if (sealed !== null) return sealed;
  if (kind !== null && !(kind.id === 'xml' && /\.vmxf$/i.test(file))) return describeKind(kind, ends, file);
  if (/\.vmsd(?:\.next)?$/i.test(file)) return describeSnapshots(await whole(), file);
  const dictionary = DICTIONARIES.find(([end]) => end.test(file));
  if (dictionary !== undefined) {
    const vmx = Vmx.read(await whole(), file);
    if (vmx.entries().length === 0) throw noEntry(file);
    return describeVmx(vmx, file, dictionary[1]);
  }
  if (isConfiguration(ends.head)) return describeVmx(Vmx.read(await whole(), file), file);
  const named = describeByName(ends, file);
  if (named !== null) return named;
  if (descriptorBeside(file) !== null) return describeData(ends, file, beside);
  if (/\.nvram$/i.test(file)) return describeNvram(ends.head, file);
  throw unknownFormat(file);
}

function withNotes(report: FileReport, more: readonly string[]): FileReport {
  return more.length === 0 ? report : { ...report, notes: [...(report.notes ?? []), ...more] };
}

/** Says whether a text without a telling name is a configuration: by the entries that each has. */
function isConfiguration(head: Uint8Array): boolean {
  const text = Buffer.from(head).toString('latin1');
  return /^\s*(?:config\.version|virtualHW\.version|encryption\.(?:bundle|keySafe|data))\s*=/im.test(text);
}

function describeEmpty(file: string): FileReport {
  const none = { file, encrypted: false, clear: [], sealed: [], keys: [] };
  if (/\.vmsd$/i.test(file)) {
    return { ...none, format: 'list of snapshots (.vmsd)', notes: ['It is empty: no snapshot was ever taken.'] };
  }
  if (/\.lck$/i.test(file)) {
    return { ...none, format: 'lock of a file', notes: ['It is empty: the file beside it is, or was, open.'] };
  }
  throw new CliError(EXIT.environment, `${file} is empty.`, 'Check the path, or restore the file.');
}

/** As after a crash of the machine that wrote it: zeros, or comments alone. Nothing is shown, least of all "not encrypted". */
function noEntry(file: string): CliError {
  return new CliError(
    EXIT.environment,
    `${file} holds no entry.`,
    'It was cut off or never written: restore the file.',
  );
}

function unknownFormat(file: string): CliError {
  return /\.vmdk$/i.test(file)
    ? new CliError(
        EXIT.environment,
        `${basename(file)} is neither the descriptor of a disk nor a form of VMDK that is known here.`,
        'If it is the data of a disk, inspect the descriptor beside it.',
      )
    : new CliError(
        EXIT.environment,
        `${file} is not a file of a virtual machine that vcryptsim knows.`,
        'Name a .vmx, a .vmdk, an .nvram or another file of a VM.',
      );
}
