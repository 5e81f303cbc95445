import { CHAIN_START, type ChainPoint, readLine } from './audit-line.js';

/** Finding of {@link verifyChain}. */
export type ChainFinding =
  | { readonly ok: true; readonly head: ChainPoint }
  | { readonly ok: false; readonly line: number; readonly head: ChainPoint };

/**
 * Checks an audit log from its first line.
 *
 * @param lines the file's lines in order, without newlines
 * @returns where the chain ends, or the number (from 1) of the first line that does not follow, and the point before it
 */
export async function verifyChain(lines: Iterable<string> | AsyncIterable<string>): Promise<ChainFinding> {
  let head = CHAIN_START;
  for await (const line of lines) {
    const read = readLine(line);
    if (!read || read.prev !== head.hash || read.point.n !== head.n + 1) return { ok: false, line: head.n + 1, head };
    head = read.point;
  }
  return { ok: true, head };
}
