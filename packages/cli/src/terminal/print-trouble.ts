import { printError } from '../output.js';
import { fitted } from './fitted.js';
import { terminalWidth } from './terminal-width.js';

/** Prints on standard error. A log takes lines as they are; only a terminal, or who says COLUMNS, has them fitted. */
export function printTrouble(text: string): void {
  const isFitted = process.stderr.isTTY === true || process.env.COLUMNS !== undefined;
  printError(isFitted ? fitted(text, terminalWidth(process.stderr)) : text);
}
