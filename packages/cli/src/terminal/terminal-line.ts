import { visibleLine } from '@vcryptsim/ports';
import { shortened } from '@vcryptsim/scenario-engine/layout';
import { terminalWidth } from './terminal-width.js';

/** What a {@link TerminalLine} needs of standard error. */
export type TerminalStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Carriage return, and "erase in line" of ECMA-48 (8.3.41). */
const CLEAR = '\r\x1b[K';

/** One line of a terminal that is written again and again; nothing at all where there is no terminal. */
export class TerminalLine {
  readonly #stream: TerminalStream;
  #isShown = false;

  constructor(stream: TerminalStream = process.stderr) {
    this.#stream = stream;
  }

  /** False where {@link show} does nothing. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Replaces what the line shows, cut to the terminal's width. */
  show(text: string): void {
    if (!this.isTerminal) return;
    this.#stream.write(CLEAR + shortened(visibleLine(text), terminalWidth(this.#stream) - 1));
    this.#isShown = true;
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown) this.#stream.write(CLEAR);
    this.#isShown = false;
  }
}
