import { createInterface, type Interface } from 'node:readline';
import { visibleText } from '@vcryptsim/ports';
import { print } from '../output.js';

/**
 * Asks a person at the terminal, or whoever writes to standard input. After its end nobody is asked any more, and the
 * answer is null at once. One for the whole program: lines that came early wait here for their question.
 */
export class Keyboard {
  #piped: LineQueue | null = null;

  /** Answers the next line, or null when there is no more to read. */
  askLine(prompt: string): Promise<string | null> {
    if (process.stdin.isTTY === true) return askAtTerminal(visibleText(prompt));
    this.#piped ??= new LineQueue();
    print(prompt);
    return this.#piped.next();
  }

  /** Asks until a number from 1 to `count` comes. Answers null for Enter alone, and when there is no more to read. */
  async askChoice(prompt: string, count: number): Promise<number | null> {
    for (;;) {
      const line = await this.askLine(prompt);
      if (line === null || line.trim() === '') return null;
      const number = Number(line.trim());
      if (Number.isInteger(number) && number >= 1 && number <= count) return number;
    }
  }

  /** Ends asking, so that nothing that is still to come keeps the program from ending. */
  close(): void {
    this.#piped?.close();
  }
}

/** Between two questions the terminal is as it was: the library holds it only while one is open. */
async function askAtTerminal(prompt: string): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  // The library takes Ctrl-C for itself; it means here what it means elsewhere.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await new Promise<string | null>((resolve) => {
      lines.once('close', () => resolve(null));
      lines.question(prompt, resolve);
    });
  } finally {
    lines.close();
  }
}

class LineQueue {
  readonly #lines: Interface = createInterface({ input: process.stdin });
  readonly #read: string[] = [];
  #waiting: ((line: string | null) => void) | null = null;
  #ended = false;

  constructor() {
    this.#lines.on('line', (line) => {
      if (this.#waiting === null) this.#read.push(line);
      else this.#answer(line);
    });
    this.#lines.once('close', () => {
      this.#ended = true;
      this.#answer(null);
    });
  }

  next(): Promise<string | null> {
    const line = this.#read.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  close(): void {
    this.#lines.close();
    process.stdin.destroy();
  }

  #answer(line: string | null): void {
    this.#waiting?.(line);
    this.#waiting = null;
  }
}
