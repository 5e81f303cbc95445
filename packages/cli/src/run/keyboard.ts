import { createInterface } from 'node:readline/promises';

/** What a shell reports for a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** Asks a person at the keyboard. Answers null when there is no more to read. */
export async function askLine(prompt: string): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  lines.once('SIGINT', () => process.exit(INTERRUPTED));
  try {
    const ended = new Promise<null>((resolve) => lines.once('close', () => resolve(null)));
    return await Promise.race([lines.question(prompt), ended]);
  } finally {
    lines.close();
  }
}

/** Asks until a number from 1 to `count` comes. Answers null for Enter alone, and when there is no more to read. */
export async function askChoice(prompt: string, count: number): Promise<number | null> {
  for (;;) {
    const line = await askLine(prompt);
    if (line === null || line.trim() === '') return null;
    const number = Number(line.trim());
    if (Number.isInteger(number) && number >= 1 && number <= count) return number;
  }
}
