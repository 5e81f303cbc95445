import { TEXT_FILE_LIMIT_BYTES } from '@vcryptsim/hypervisor/formats';
import type { Target } from './target.js';

const LINES_SHOWN = 12;
const CHARACTERS_SHOWN = 60;

/** Lines that only one of two texts has: `- ` before those of the file, `+ ` before those of the older one. */
export async function differingLines(target: Target, older: Target): Promise<readonly string[]> {
  const [now, then] = [await linesOf(target), await linesOf(older)];
  const only = (lines: readonly string[], others: ReadonlySet<string>, mark: string): string[] =>
    lines.filter((line) => !others.has(line)).map((line) => `${mark} ${cut(line)}`);
  const differing = [...only(now, new Set(then), '-'), ...only(then, new Set(now), '+')];
  const more = differing.length - LINES_SHOWN;
  return more <= 0 ? differing : [...differing.slice(0, LINES_SHOWN), `  and ${more} more lines`];
}

async function linesOf({ handle, sizeBytes }: Target): Promise<string[]> {
  const bytes = new Uint8Array(Math.min(sizeBytes, TEXT_FILE_LIMIT_BYTES));
  await handle.pread(bytes, 0);
  return Buffer.from(bytes)
    .toString('utf8')
    .split(/\r\n|\n|\r/);
}

function cut(line: string): string {
  return line.length <= CHARACTERS_SHOWN
    ? line
    : `${line.slice(0, CHARACTERS_SHOWN - 22)}... (${line.length} characters)`;
}
