import { type Clock, visibleLine } from '@vcryptsim/ports';
import { SingleBar } from 'cli-progress';

/** Work that is done in less needs no bar. */
const SHOW_AFTER_MS = 1_000;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size for people, in binary units: `1536` gives `1.5 KiB`. */
export function formatBytes(sizeBytes: number): string {
  const power = Math.min(UNITS.length - 1, sizeBytes < 1024 ? 0 : Math.floor(Math.log2(sizeBytes) / 10));
  const value = sizeBytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`;
}

/** What {@link ByteProgress} needs of standard error. */
export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** A bar over a known number of bytes. Shown on a terminal only, and only when the work takes more than a second. */
export class ByteProgress {
  readonly #bar: SingleBar | null;
  readonly #startedAtMs: number;
  #doneBytes = 0;
  #shown = false;

  /**
   * @param label what is being done, one or two words
   * @param totalBytes the end of the bar
   * @param stream where it is drawn, normally standard error
   */
  constructor(
    label: string,
    readonly totalBytes: number,
    readonly clock: Clock,
    stream: ProgressStream,
  ) {
    const format = `${visibleLine(label)} [{bar}] {percentage}% of ${formatBytes(totalBytes)}`;
    this.#bar =
      stream.isTTY === true ? new SingleBar({ format, stream, hideCursor: true, clearOnComplete: true }) : null;
    this.#startedAtMs = clock.nowMs;
  }

  /** Says that so many more bytes are done. */
  advance(bytes: number): void {
    this.#doneBytes = Math.min(this.totalBytes, this.#doneBytes + bytes);
    if (this.#bar === null) return;
    if (this.#shown) this.#bar.update(this.#doneBytes);
    else if (this.clock.nowMs - this.#startedAtMs > SHOW_AFTER_MS) {
      this.#bar.start(this.totalBytes, this.#doneBytes);
      this.#shown = true;
    }
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#shown) this.#bar?.stop();
  }
}
