import type { Clock } from '@vcryptsim/ports';
import { TerminalLine, type TerminalStream } from './terminal-line.js';

/** Work that is done in less needs no bar. */
const SHOW_AFTER_MS = 1_000;
/** A bar that moves more often only costs time. */
const REDRAW_MS = 100;
const BAR_WIDTH = 30;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size for people, in binary units: `1536` gives `1.5 KiB`. */
export function formatBytes(sizeBytes: number): string {
  const power = Math.min(UNITS.length - 1, sizeBytes < 1024 ? 0 : Math.floor(Math.log2(sizeBytes) / 10));
  const value = sizeBytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`;
}

/** A bar over a known number of bytes. Shown on a terminal only, and only when the work takes more than a second. */
export class ByteProgress {
  readonly #line: TerminalLine;
  readonly #label: string;
  readonly #startedAtMs: number;
  #doneBytes = 0;
  #drawnAtMs = Number.NEGATIVE_INFINITY;

  /**
   * @param label what is being done, one or two words
   * @param totalBytes the end of the bar
   * @param stream where it is drawn, normally standard error
   */
  constructor(
    label: string,
    readonly totalBytes: number,
    readonly clock: Clock,
    stream: TerminalStream,
  ) {
    this.#label = label;
    this.#line = new TerminalLine(stream);
    this.#startedAtMs = clock.nowMs;
  }

  /** Says that so many more bytes are done. */
  advance(bytes: number): void {
    this.#doneBytes = Math.min(this.totalBytes, this.#doneBytes + bytes);
    const { nowMs } = this.clock;
    if (nowMs - this.#startedAtMs <= SHOW_AFTER_MS || nowMs - this.#drawnAtMs < REDRAW_MS) return;
    this.#drawnAtMs = nowMs;
    const share = this.totalBytes === 0 ? 1 : this.#doneBytes / this.totalBytes;
    const bar = '#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '-');
    this.#line.show(`${this.#label} [${bar}] ${Math.floor(share * 100)}% of ${formatBytes(this.totalBytes)}`);
  }

  /** Takes the bar away. */
  end(): void {
    this.#line.clear();
  }
}
