/** What one world cost. */
export interface WorldRow {
  readonly vms: number;
  /** Processor time of the whole process: setting up, the VMs, the quiet time, the comparison. */
  readonly cpuSeconds: number;
  /** The most memory that the process had, in bytes. */
  readonly rssMax: number;
  /** What one VM added to the memory of the empty world, at the most, in bytes. */
  readonly bytesPerVm: number;
}

/** What was measured. */
export interface WorldReport {
  readonly rows: readonly WorldRow[];
}

/** One bar: what was wanted and what came out; null where the sizes that it speaks of were not run. */
export interface WorldBar {
  readonly what: string;
  readonly wanted: string;
  readonly found: string | null;
  readonly reached: boolean | null;
}

const [SMALL, LARGE] = [1_000, 10_000];
const CPU_RATIO_MAX = 1.5;
const RSS_MAX_BYTES = 3e9;

/** Compares rows with the bars. */
export function worldBars({ rows }: WorldReport): readonly WorldBar[] {
  const [small, large] = [SMALL, LARGE].map((vms) => rows.find((row) => row.vms === vms));
  const ratio = small && large ? large.cpuSeconds / large.vms / (small.cpuSeconds / small.vms) : null;
  const most = Math.max(...rows.map(({ rssMax }) => rssMax));
  return [
    {
      what: `CPU for each of ${LARGE} VMs`,
      wanted: `at most ${CPU_RATIO_MAX} times that of ${SMALL}`,
      found: ratio === null ? null : `${ratio.toFixed(2)} times`,
      reached: ratio === null ? null : ratio <= CPU_RATIO_MAX,
    },
    {
      what: 'memory',
      wanted: `at most ${RSS_MAX_BYTES / 1e9} GB`,
      found: `${(most / 1e9).toFixed(2)} GB`,
      reached: most <= RSS_MAX_BYTES,
    },
  ];
}
