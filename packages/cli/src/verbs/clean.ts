import { formatDuration } from '@vcryptsim/lab';
import { OsFileSystem, SystemClock } from '@vcryptsim/ports/os';
import { Command, InvalidArgumentError } from 'commander';
import { print, printJson } from '../output.js';
import { findOldRuns, type Removal, removeOldRun } from '../run/run-folders.js';
import { formatBytes } from '../terminal/byte-progress.js';

interface CleanOptions {
  readonly dryRun?: boolean;
  readonly olderThan?: number;
  readonly json?: boolean;
}

/** `vcryptsim clean`: removes the files that runs left in the temporary folder, and nothing else. */
export function cleanCommand(): Command {
  return new Command('clean')
    .description('List and remove what earlier runs left in the temporary folder. Folders of --keep stay.')
    .option('--dry-run', 'list only, remove nothing')
    .option('--older-than <time>', 'only runs that began so long ago, for example 90m, 12h or 7d', ageOf)
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim clean --older-than 1d')
    .action(clean);
}

async function clean({ dryRun, olderThan = 0, json }: CleanOptions): Promise<void> {
  const files = new OsFileSystem();
  const nowMs = new SystemClock().nowMs;
  const rows: { path: string; ageMs: number; sizeBytes: number; outcome: Removal['outcome'] | 'listed' }[] = [];
  for (const { mark, sizeBytes } of await findOldRuns(files)) {
    const ageMs = nowMs - mark.madeAtMs;
    if (ageMs < olderThan) continue;
    const removal: Removal | null = dryRun === true ? null : await removeOldRun(files, mark);
    rows.push({ path: mark.path, ageMs, sizeBytes, outcome: removal?.outcome ?? 'listed' });
    if (json === true) continue;
    print(`${mark.path}  ${formatBytes(sizeBytes)}, ${formatAge(ageMs)} old${describe(removal)}\n`);
  }
  const removed = rows.filter((row) => row.outcome === 'removed');
  const removedBytes = removed.reduce((sum, row) => sum + row.sizeBytes, 0);
  if (json === true) printJson({ runs: rows, removedBytes });
  else if (rows.length === 0) print('No run left anything in the temporary folder.\n');
  else if (dryRun === true) print(`${rows.length} to remove. Nothing was removed (--dry-run).\n`);
  else print(`Removed ${removed.length} of ${rows.length}, ${formatBytes(removedBytes)}.\n`);
}

function describe(removal: Removal | null): string {
  switch (removal?.outcome) {
    case 'running':
      return ': still running, left as it is';
    case 'others inside':
      return `: removed but for what no run made: ${removal.names.join(', ')}`;
    default:
      return '';
  }
}

function formatAge(ageMs: number): string {
  return formatDuration(Math.max(0, ageMs - (ageMs % (ageMs >= 3_600_000 ? 60_000 : 1_000))));
}

function ageOf(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit];
  if (unitMs === undefined) throw new InvalidArgumentError('A time is a number with s, m, h or d: 12h.');
  return Number(count) * unitMs;
}
