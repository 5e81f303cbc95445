// The one door to a person: what a verb prints goes through here. Names, values and paths come from clients, files and
// other programs; here they lose every way to act on a terminal. test/tidy holds that nobody else writes.
import { visibleJson, visibleText } from '@vcryptsim/ports';
import { SystemEntropy } from '@vcryptsim/ports/os';

/** Takes back the line that {@link printProgress} wrote. */
const CLEAR_LINE = '\r\x1b[K';
/** What our own escape codes begin with; see {@link emphasis}. */
const OWN = `\x1b[${[...new SystemEntropy().public(8, 'emphasis')].join(';')};`;

/** Prints text on standard output, as lines for a person. */
export function print(text: string): void {
  process.stdout.write(shown(text));
}

/** Prints text on standard error, as lines for a person. */
export function printError(text: string): void {
  process.stderr.write(shown(text));
}

/** What `--json` gives, whatever the verb: one object that says its version. Lists are inside it, under their name. */
export function jsonDocument(content: object): string {
  return visibleJson(`${JSON.stringify({ version: 1, ...content }, null, 2)}\n`);
}

/** Prints a {@link jsonDocument} on standard output. */
export function printJson(content: object): void {
  printJsonText(jsonDocument(content));
}

/** Prints text that is JSON already, also several documents, a line each. */
export function printJsonText(json: string): void {
  process.stdout.write(visibleJson(json));
}

/** Shows one line on a terminal in place of the one before; nothing elsewhere. The empty text takes it away. */
export function printProgress(text: string): void {
  if (process.stderr.isTTY === true) process.stderr.write(`${CLEAR_LINE}${visibleText(text)}`);
}

/**
 * Emphasis that passes the door: an escape code that cannot be foreign, because it holds a number that this process
 * drew. It has the form of an escape code, so that those who measure text leave it out.
 *
 * @param code number of Select Graphic Rendition (ECMA-48 8.3.117)
 */
export function emphasis(code: number): string {
  return `${OWN}${code}m`;
}

function shown(text: string): string {
  return text
    .split(OWN)
    .map((part, index) => {
      const code = index === 0 ? null : /^(\d{1,3})m/.exec(part);
      return code === null ? visibleText(part) : `\x1b[${code[0]}${visibleText(part.slice(code[0].length))}`;
    })
    .join('');
}
