import { relative, resolve } from 'node:path';
import { type FileSystem, readWhole, visibleLine } from '@vcryptsim/ports';
import { OsFileSystem, SystemClock } from '@vcryptsim/ports/os';
import { table } from '@vcryptsim/scenario-engine/layout';
import { ByteScanner, type FileMatch, type SearchedFiles, scanFolder } from '@vcryptsim/simkit/scan';
import { Command, Option } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { print, printJson } from '../output.js';
import { ByteProgress, formatBytes } from '../terminal/byte-progress.js';
import { terminalWidth } from '../terminal/terminal-width.js';

/** Shorter needles stand in any disk by chance. */
const NEEDLE_MIN_BYTES = 4;
const NEEDLE_MAX_BYTES = 64 * 1024;
/** More places than these tell nothing new. */
const MATCHES_MAX = 1_000;

interface ScanOptions {
  readonly needle?: readonly string[];
  readonly needleText?: readonly string[];
  readonly expect?: 'found' | 'absent';
  readonly json?: boolean;
}

/** `vcryptsim scan`: says in which files of a folder some bytes stand, raw, as hex or as base64. */
export function scanCommand(): Command {
  return new Command('scan')
    .description('Look for bytes (raw, hex, base64) in every file of a folder.')
    .argument('<dir>', 'the folder; links in it are not followed')
    .option(
      '--needle <hex|@file>',
      'what to look for: hex digits, or the content of a file (hex text or raw bytes); may be given several times',
      collect,
    )
    .option('--needle-text <text>', 'text to look for, in UTF-8 and in UTF-16; may be given several times', collect)
    .addOption(
      new Option('--expect <what>', 'end with 1 unless the bytes are there, or are not').choices(['found', 'absent']),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  vcryptsim scan demo-files/vcenter --needle @kek.bin --expect absent',
        "  vcryptsim scan demo-files/datastores --needle-text 'Account 4711' --expect absent",
      ].join('\n'),
    )
    .action(scan);
}

async function scan(folder: string, options: ScanOptions): Promise<void> {
  const { needle = [], needleText = [] } = options;
  const files = new OsFileSystem();
  const named = new OsFileSystem({ named: 'all' });
  const clock = new SystemClock();
  const root = resolve(folder);
  if (needle.length + needleText.length === 0) {
    const nextStep = 'Give hex digits or a file with --needle, or text with --needle-text.';
    throw new CliError(EXIT.badInput, 'there is nothing to look for.', nextStep);
  }
  const bytes = await Promise.all(needle.map((text, index) => readNeedle(named, text, index)));
  const needles = [...bytes, ...needleText.flatMap(textNeedles)];
  const extent = await measure(files, root);

  const progress = new ByteProgress('scanning', extent.sizeBytes, clock, process.stderr);
  const counting = countReads(files, (bytes) => progress.advance(bytes));
  const matches: FileMatch[] = [];
  try {
    for await (const match of scanFolder(counting, root, new ByteScanner(needles))) {
      matches.push({ ...match, path: relative(root, match.path) });
      if (matches.length === MATCHES_MAX) break;
    }
  } finally {
    progress.end();
    for (const { bytes } of needles) bytes.fill(0);
  }

  if (options.json === true) {
    const answer = { folder: root, ...extent, found: matches.length, complete: matches.length < MATCHES_MAX, matches };
    printJson(answer);
  } else {
    print(describeMatches(matches, extent));
  }
  const outcome = matches.length > 0 ? 'found' : 'absent';
  if (options.expect !== undefined && options.expect !== outcome) {
    const where = matches[0] === undefined ? '' : `: ${matches[0].path}`;
    throw new CliError(
      EXIT.failed,
      `the bytes were expected ${options.expect} in ${folder}, and are ${outcome}${where}.`,
    );
  }
}

function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

/** Text as Linux and as Windows guests store it. Names never hold the text: it may be a secret. */
function textNeedles(text: string, index: number): { name: string; bytes: Uint8Array }[] {
  const name = `text ${index + 1}`;
  const utf8 = checkLength(new TextEncoder().encode(text), name);
  return [
    { name, bytes: utf8 },
    { name: `${name} (UTF-16)`, bytes: new Uint8Array(Buffer.from(text, 'utf16le')) },
  ];
}

/** Names never hold the bytes: they may be a key. */
async function readNeedle(
  files: FileSystem,
  text: string,
  index: number,
): Promise<{ name: string; bytes: Uint8Array }> {
  if (!text.startsWith('@')) {
    const bytes = parseHex(text);
    if (bytes === null) {
      const nextStep = 'Give an even number of hex digits, or @FILE to take the bytes of a file.';
      throw new CliError(EXIT.badInput, `needle ${index + 1} is not hexadecimal.`, nextStep);
    }
    return { name: `needle ${index + 1}`, bytes: checkLength(bytes, `needle ${index + 1}`) };
  }
  const content = await readWhole(files, resolve(text.slice(1)), 2 * NEEDLE_MAX_BYTES);
  const bytes = parseHex(new TextDecoder('latin1').decode(content).replace(/\s+/g, '')) ?? content;
  return { name: text, bytes: checkLength(bytes, text.slice(1)) };
}

function parseHex(text: string): Uint8Array | null {
  if (text === '' || text.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

function checkLength(bytes: Uint8Array, name: string): Uint8Array {
  if (bytes.length >= NEEDLE_MIN_BYTES && bytes.length <= NEEDLE_MAX_BYTES) return bytes;
  const nextStep = `Give between ${NEEDLE_MIN_BYTES} and ${NEEDLE_MAX_BYTES} bytes.`;
  throw new CliError(EXIT.badInput, `${name} has ${bytes.length} bytes, too few or too many to search for.`, nextStep);
}

/** The files, telling how many bytes were read of them. */
function countReads(files: FileSystem, onRead: (bytes: number) => void): SearchedFiles {
  return {
    readdir: (path) => files.readdir(path),
    lstat: (path) => files.lstat(path),
    open: async (path, options) => {
      const handle = await files.open(path, options);
      return {
        pread: async (buffer, offsetBytes) => {
          const count = await handle.pread(buffer, offsetBytes);
          onRead(count);
          return count;
        },
        close: () => handle.close(),
      };
    },
  };
}

interface FolderExtent {
  readonly files: number;
  readonly sizeBytes: number;
}

async function measure(files: FileSystem, folder: string): Promise<FolderExtent> {
  let count = 0;
  let sizeBytes = 0;
  for (const name of await files.readdir(folder)) {
    const path = `${folder}/${name}`;
    const status = await files.lstat(path);
    if (status.kind === 'folder') {
      const below = await measure(files, path);
      count += below.files;
      sizeBytes += below.sizeBytes;
    } else if (status.kind === 'file') {
      count += 1;
      sizeBytes += status.sizeBytes;
    }
  }
  return { files: count, sizeBytes };
}

function describeMatches(matches: readonly FileMatch[], { files, sizeBytes }: FolderExtent): string {
  const searched = `${files} ${files === 1 ? 'file' : 'files'} (${formatBytes(sizeBytes)})`;
  if (matches.length === 0) return `Not found in ${searched}.\n`;
  const rows = [
    ['FILE', 'OFFSET', 'FORM', 'NEEDLE'],
    ...matches.map(({ path, offsetBytes, form, needle }) => [
      ...[visibleLine(path), String(offsetBytes), form, visibleLine(needle)],
    ]),
  ];
  const lines = table(rows, '', terminalWidth(), [1]);
  const places = `${matches.length} ${matches.length === 1 ? 'place' : 'places'}`;
  const end = matches.length < MATCHES_MAX ? `${places} in ${searched}.` : `${places}, and perhaps more: stopped here.`;
  return `${[...lines, end].join('\n')}\n`;
}
