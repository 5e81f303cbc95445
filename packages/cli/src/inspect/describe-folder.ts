import { HypervisorError } from '@vcryptsim/hypervisor/api';
import { FileError, type FileSystem, visibleLine } from '@vcryptsim/ports';
import { table, textWidth, wrap } from '@vcryptsim/scenario-engine/layout';
import { CliError, describeFileError } from '../exit.js';
import { formatBytes } from '../terminal/byte-progress.js';
import { GRAINS } from './describe-data.js';
import type { FileReport, SealedKey } from './file-report.js';
import { reportOn } from './open-report.js';

/**
 * What a file shows to whoever has it: all; all but the data keys in it; of an extent with tables which sectors were
 * written; nothing; or it could not be told.
 */
export type Shows = 'all' | 'all but its key' | 'its tables' | 'nothing' | 'not told';

/** One file of a folder. */
export interface FolderEntry {
  readonly file: string;
  readonly sizeBytes: number;
  readonly format: string;
  readonly shows: Shows;
  /** What opens it, or the key in it: the keys of the file itself, or of a sealed file those of the VM's configuration. */
  readonly keys: readonly SealedKey[];
  /** Why it could not be told. */
  readonly problem?: string;
}

/** A folder of a VM. */
export interface FolderReport {
  readonly folder: string;
  readonly files: readonly FolderEntry[];
  /** Folders in it, which were not looked into. */
  readonly folders: readonly string[];
}

/**
 * Says of each file of a folder what it shows and which key opens the rest. Nothing is opened but the files themselves.
 *
 * @param path absolute
 * @throws FileError when the folder cannot be read
 */
export async function describeFolder(files: FileSystem, path: string, folder: string): Promise<FolderReport> {
  const entries: FolderEntry[] = [];
  const folders: string[] = [];
  for (const name of await files.readdir(path)) {
    const { kind, sizeBytes } = await files.lstat(`${path}/${name}`);
    if (kind === 'folder') folders.push(name);
    else if (kind === 'file') entries.push(await describeEntry(files, `${path}/${name}`, name, sizeBytes));
    else entries.push(untold(name, sizeBytes, `a ${kind}`, 'links and devices are not followed'));
  }
  const homes = entries.filter(({ file }) => /\.vm(?:x|tx)$/i.test(file));
  const home = homes.length === 1 ? (homes[0]?.keys ?? []) : [];
  const completed = entries.map((entry) =>
    entry.shows === 'nothing' && entry.keys.length === 0 ? { ...entry, keys: home } : entry,
  );
  return { folder, files: completed, folders };
}

async function describeEntry(files: FileSystem, path: string, file: string, sizeBytes: number): Promise<FolderEntry> {
  try {
    const { report } = await reportOn(files, path, file);
    const { format, keys } = report;
    const shows = whatShows(report);
    return { file, sizeBytes, format, shows, keys };
  } catch (error) {
    if (error instanceof FileError) return untold(file, sizeBytes, 'not read', describeFileError(error).message);
    if (!(error instanceof HypervisorError || error instanceof CliError)) throw error;
    // Beside the files of a VM there may be any other; an empty one is no trouble.
    return untold(file, sizeBytes, 'not known', error.message);
  }
}

function whatShows({ encrypted, clear, sealed }: FileReport): Shows {
  if (encrypted === null) return 'not told';
  if (!encrypted) return 'all';
  if (clear.length === 0) return 'nothing';
  return sealed.some(({ name }) => name === GRAINS) ? 'its tables' : 'all but its key';
}

function untold(file: string, sizeBytes: number, format: string, problem: string): FolderEntry {
  return { file, sizeBytes, format, shows: 'not told', keys: [], problem };
}

const NAME_WIDTH = 34;

/** A folder as a table for a terminal of `columns` columns. */
export function renderFolder({ folder, files, folders }: FolderReport, columns = 80): string {
  const keyNames = [...new Set(files.flatMap(({ keys }) => keys.map(nameOf)))];
  const rows = files.map(({ file, sizeBytes, shows, keys }) => [
    shortName(visibleLine(file)),
    formatBytes(sizeBytes),
    shows,
    [...new Set(keys.map((key) => keyNames.indexOf(nameOf(key)) + 1))].join(', ') || '-',
  ]);
  const count = files.length === 1 ? '1 file' : `${files.length} files`;
  const sections = [[`${visibleLine(folder)}: ${count}`]];
  if (rows.length > 0) sections.push(table([['FILE', 'SIZE', 'SHOWS', 'KEY'], ...rows], '', columns, [1]));
  if (keyNames.length > 0) {
    sections.push(['Keys:', ...keyNames.flatMap((name, at) => wrap(`${at + 1}  ${visibleLine(name)}`, '  ', columns))]);
  }
  const problems = files.flatMap(({ file, problem }) =>
    problem === undefined ? [] : [problem.includes(file) ? problem : `${file}: ${problem}`],
  );
  const notes = [
    ...problems,
    ...(folders.length === 0 ? [] : [`Not looked into: ${folders.join(', ')}.`]),
    'SHOWS is what anyone sees who has the file. For one file: vcryptsim inspect FILE',
  ];
  sections.push(notes.flatMap((note) => wrap(visibleLine(note), '', columns)));
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function nameOf({ keyId, providerId, opensWith }: SealedKey): string {
  if (keyId !== undefined) return `${keyId} of ${providerId ?? 'an unnamed provider'}`;
  return opensWith ?? 'something that the file does not name';
}

function shortName(name: string): string {
  return textWidth(name) <= NAME_WIDTH ? name : `${name.slice(0, 15)}...${name.slice(-16)}`;
}
