import { resolve } from 'node:path';
import { measureDatastore } from '@vcryptsim/lab';
import { visibleLine } from '@vcryptsim/ports';
import { OsFileSystem, SystemClock } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { renderStats } from '../../datastore/stats-text.js';
import { CliError, EXIT } from '../../exit.js';
import { print, printJson } from '../../output.js';
import { ByteProgress } from '../../terminal/byte-progress.js';
import { terminalWidth } from '../../terminal/terminal-width.js';

/** `vcryptsim datastore stats`: measures what an array could save of the disks in a folder, and what it no longer can. */
export function statsCommand(): Command {
  return new Command('stats')
    .description('Measure what deduplication and compression can still save: zeros, equal blocks, size after zlib.')
    .argument('<dir>', 'a datastore, or the folder of a VM; all disks below it are read, links are not followed')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim datastore stats demo-files/datastores/datastore1')
    .action(stats);
}

async function stats(folder: string, options: { readonly json?: boolean }): Promise<void> {
  const root = resolve(folder);
  const clock = new SystemClock();
  let progress: ByteProgress | null = null;
  try {
    const found = await measureDatastore(new OsFileSystem(), root, {
      onFound: (sizeBytes) => {
        progress = new ByteProgress('reading', sizeBytes, clock, process.stderr);
      },
      onRead: (bytes) => progress?.advance(bytes),
    });
    if (found.disks.length === 0) {
      const why = found.notes[0] === undefined ? '' : `: ${visibleLine(found.notes[0])}`;
      const nextStep = 'Name a datastore, or the folder of a VM: a folder with descriptors (.vmdk) and their extents.';
      throw new CliError(EXIT.environment, `there is no virtual disk to measure in ${folder}${why}`, nextStep);
    }
    if (options.json === true) printJson({ folder: root, ...found });
    else print(renderStats(found, folder, terminalWidth()));
  } finally {
    (progress as ByteProgress | null)?.end();
  }
}
