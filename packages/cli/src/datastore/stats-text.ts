import type { DatastoreStats, DiskStats, PairRelation, PairStats, StateStats } from '@vcryptsim/lab';
import { COMPARED_DISKS_MAX } from '@vcryptsim/lab';
import { visibleLine } from '@vcryptsim/ports';
import { padded, table, textWidth, wrap } from '@vcryptsim/scenario-engine/layout';
import { formatBytes } from '../terminal/byte-progress.js';

const BAR_WIDTH = 20;
/** Longer names are cut, so that the figures stay beside them. */
const NAME_WIDTH = 24;
/** Pairs in the text; all are in the JSON document. */
const PAIRS_SHOWN = 15;

const RELATIONS: ReadonlyMap<PairRelation, string> = new Map([
  ['plain', 'both plain'],
  ['same-key', 'both encrypted, same key'],
  ['other-key', 'both encrypted, other key'],
  ['encrypted-and-plain', 'encrypted and plain'],
  ['unknown', 'not known'],
]);

/** Figures and bars for a terminal of `columns` columns (row S22). */
export function renderStats(stats: DatastoreStats, folder: string, columns = 80): string {
  const blocks = stats.disks.reduce((sum, disk) => sum + disk.blocks, 0);
  const size = stats.disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const head = `${count(stats.disks.length, 'disk')} in ${visibleLine(folder)}: ${formatBytes(size)}, ${blocks} blocks of 4 KiB`;
  const sections: string[][] = [
    wrap(head, '', columns),
    table([DISK_HEAD, ...stats.disks.map(diskRow)], '', columns, [0, 3, 4, 5, 6]),
    ['Equal blocks in two disks, of all that are not zeros (deduplication):', ...relationRows(stats.pairs, columns)],
    ['Size after zlib, block by block, zeros left out (compression):', ...packedRows(stats.disks)],
    ['What an array has to store: zeros left out, equal blocks once, compressed:', ...stateRows(stats.states)],
  ];
  if (stats.pairs.length > 1) sections.push(pairRows(stats, columns));
  const notes = notesOf(stats).flatMap((note) => wrap(visibleLine(note), '', columns));
  if (notes.length > 0) sections.push(notes);
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const DISK_HEAD = ['#', 'DISK', 'KEY', 'SIZE', 'ZEROS', 'REPEATED', 'PACKED'];

function diskRow(disk: DiskStats, at: number): string[] {
  return [
    String(at + 1),
    nameOf(disk.name),
    disk.state === 'encrypted' ? (disk.keyId ?? '?') : disk.state,
    formatBytes(disk.sizeBytes),
    percent(disk.blocks === 0 ? null : disk.zeroBlocks / disk.blocks),
    percent(disk.repeatedShare),
    percent(disk.packedShare),
  ];
}

/** Cut at its beginning: the end of a path tells one disk from another. */
function nameOf(name: string): string {
  const shown = visibleLine(name);
  return textWidth(shown) <= NAME_WIDTH ? shown : `...${shown.slice(3 - NAME_WIDTH)}`;
}

function relationRows(pairs: readonly PairStats[], columns: number): string[] {
  const rows = [...RELATIONS].flatMap(([relation, name]) => {
    const shares = pairs.filter((pair) => pair.relation === relation).map(({ sharedShare }) => sharedShare ?? 0);
    if (shares.length === 0) return [];
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const [low, high] = [percent(Math.min(...shares)), percent(Math.max(...shares))];
    return [barRow(name, count(shares.length, 'pair'), mean, low === high ? low : `${low} to ${high}`)];
  });
  return rows.length === 0 ? wrap('No pair was compared.', '  ', columns) : rows;
}

function packedRows(disks: readonly DiskStats[]): string[] {
  return (['plain', 'encrypted', 'unknown'] as const).flatMap((state) => {
    const measured = disks.filter((disk) => disk.state === state && disk.packedShare !== null);
    const written = measured.reduce((sum, { writtenBlocks }) => sum + writtenBlocks, 0);
    if (written === 0) return [];
    const share = measured.reduce((sum, disk) => sum + disk.writtenBlocks * (disk.packedShare ?? 1), 0) / written;
    return [barRow(stateName(state), count(measured.length, 'disk'), share, percent(share))];
  });
}

function stateRows(states: readonly StateStats[]): string[] {
  return states.map(({ state, disks, sizeBytes, storedBytes }) => {
    const share = sizeBytes === 0 ? 0 : storedBytes / sizeBytes;
    const sizes = `${formatBytes(storedBytes)} of ${formatBytes(sizeBytes)}`;
    return barRow(stateName(state), count(disks, 'disk'), share, sizes);
  });
}

function pairRows({ disks, pairs }: DatastoreStats, columns: number): string[] {
  const numbers = new Map(disks.map(({ name }, at) => [name, String(at + 1)]));
  const shown = [...pairs].sort((a, b) => (b.sharedShare ?? 0) - (a.sharedShare ?? 0)).slice(0, PAIRS_SHOWN);
  const rows = shown.map(({ disks: [a, b], relation, sharedShare }) => [
    ...[numbers.get(a) ?? a, numbers.get(b) ?? b, RELATIONS.get(relation) ?? relation, percent(sharedShare)],
  ]);
  const more = pairs.length - shown.length;
  return [
    ...table([['DISK', 'AND', 'BY THEIR DESCRIPTORS', 'EQUAL'], ...rows], '', columns, [0, 1, 3]),
    ...(more === 0 ? [] : [`${count(more, 'pair')} more, with no larger share: --json has all.`]),
  ];
}

function notesOf({ disks, pairs, countedOneIn, notes }: DatastoreStats): string[] {
  const found: string[] = [];
  if (disks.length > COMPARED_DISKS_MAX && pairs.length === 0) {
    found.push(`More than ${COMPARED_DISKS_MAX} disks: they were not compared in pairs. Name a smaller folder.`);
  }
  if (countedOneIn > 1) {
    found.push(`There is much data: equal blocks were counted by one hash in ${countedOneIn}, so those are estimates.`);
  }
  if (disks.some(({ state }) => state === 'unknown')) {
    found.push('unknown: no descriptor says whether the disk is encrypted.');
  }
  if (disks.some(({ state }) => state === 'encrypted')) {
    found.push('KEY is the keyID of the descriptor: disks with the same one have the same data key (DEK).');
  }
  return [...found, ...notes];
}

function stateName(state: StateStats['state']): string {
  return state === 'unknown' ? 'not known' : state;
}

function barRow(name: string, of: string, share: number, figures: string): string {
  return `  ${padded(name, 26)}${padded(of, 9)} ${bar(share)} ${figures}`.trimEnd();
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, share) * BAR_WIDTH);
  return `[${'#'.repeat(filled).padEnd(BAR_WIDTH, '-')}]`;
}

/** With one decimal; never 0.0 or 100.0 for what is neither. */
function percent(share: number | null): string {
  if (share === null) return '-';
  const value = share * 100;
  if (value > 0 && value < 0.1) return '<0.1 %';
  return `${value < 100 && value > 99.9 ? '99.9' : value.toFixed(1)} %`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
