import type { FileHandle } from '@vcryptsim/ports';
import type { ChainCheck } from './chain-check.js';
import { LogError } from './log-error.js';
import { chainBeginning, encodeFrame, encodeHead, frameBytes, headBytes } from './log-format.js';
import type { Published } from './publish-file.js';

/** So many bytes of records are held for one frame. */
const HELD_BYTES = 1024 * 1024;

/** A log that was written, and what is in it. */
export interface WrittenLog extends Published {
  readonly chain: Uint8Array;
  readonly recordCount: number;
}

/** What a log is begun with. */
export interface LogBeginning {
  readonly path: string;
  readonly format: string;
  readonly check: ChainCheck;
  readonly firstNumber: number;
  readonly sizeBytesMax: number;
  readonly recordBytesMax: number;
}

/** What a log can be begun with. */
export type Records = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes a log of these records from its head on, a frame of them in memory at a time. A record may be a view that the
 * next one changes.
 *
 * @throws LogError LOG_FULL, RECORD_TOO_LARGE; what the iteration throws; FileError
 */
export async function writeLog(handle: FileHandle, o: LogBeginning, records: Records): Promise<WrittenLog> {
  const { path, format, check, firstNumber, sizeBytesMax } = o;
  const beginning = { format, firstNumber };
  let chain = chainBeginning(beginning, check);
  let lengthBytes = headBytes(format);
  let frames = 0;
  let recordCount = 0;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const writeHeld = async () => {
    if (lengthBytes + frameBytes(heldBytes) > sizeBytesMax) {
      throw new LogError('LOG_FULL', { path, limitBytes: sizeBytesMax });
    }
    const frame = encodeFrame(firstNumber + frames, held, { check, before: chain });
    await handle.pwrite(frame.bytes, lengthBytes);
    chain = frame.chain;
    lengthBytes += frame.bytes.length;
    frames += 1;
    recordCount += held.length;
    [held, heldBytes] = [[], 0];
  };
  for await (const record of records) {
    refuseTooLarge(record, o);
    held.push(record.slice());
    heldBytes += 4 + record.length;
    if (heldBytes >= HELD_BYTES) await writeHeld();
  }
  if (held.length > 0) await writeHeld();
  await handle.pwrite(encodeHead({ ...beginning, frames }, check), 0);
  return { handle, end: { lengthBytes, lastNumber: firstNumber + frames - 1 }, chain, recordCount };
}

/** Throws LogError RECORD_TOO_LARGE. */
export function refuseTooLarge(
  record: Uint8Array,
  { path, recordBytesMax }: { readonly path: string; readonly recordBytesMax: number },
): void {
  if (record.length > recordBytesMax) throw new LogError('RECORD_TOO_LARGE', { path, limitBytes: recordBytesMax });
}
