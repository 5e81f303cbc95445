import { createInterface } from 'node:readline/promises';

/** Asks a person at the keyboard. Answers null when there is no more to read. */
export async function askLine(prompt: string): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const ended = new Promise<null>((resolve) => lines.once('close', () => resolve(null)));
    return await Promise.race([lines.question(prompt), ended]);
  } finally {
    lines.close();
  }
}

/** Asks until a number from 1 to `count` comes, or null when there is no more to read. */
export async function askChoice(prompt: string, count: number): Promise<number | null> {
  for (;;) {
    const line = await askLine(prompt);
    if (line === null) return null;
    const number = Number(line.trim());
    if (Number.isInteger(number) && number >= 1 && number <= count) return number;
  }
}
