import { assert } from '../assert.js';
import { CryptoError } from '../errors.js';
import type { Direction, XtsCipher } from '../xts/xts-engine.js';

/** What turns units over: an `XtsCipher`, or a `Dek`. */
export type RunCipher = Pick<XtsCipher, 'encryptRun' | 'decryptRun'>;

/**
 * Turns a stream of bytes over, data unit by data unit, whatever the size of the chunks that come. Pulls the source
 * only when its reader pulls, and holds one buffer.
 *
 * @param chunks the stream; all together whole data units
 * @param o.firstUnit number of its first data unit
 * @param o.buffer at least one data unit; best from the engine's `allocateBuffer`
 * @returns views of the buffer, each valid until the next one is pulled
 * @throws CryptoError (rejects) UNIT_SIZE when the stream ends inside a unit, UNIT_RANGE, DISPOSED
 */
export async function* turnStream(
  cipher: RunCipher,
  direction: Direction,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  o: { firstUnit: bigint; unitSizeBytes: number; buffer: Uint8Array },
): AsyncGenerator<Uint8Array, void, undefined> {
  const capacity = Math.floor(o.buffer.length / o.unitSizeBytes) * o.unitSizeBytes;
  assert(capacity > 0, `a buffer of ${o.buffer.length} bytes holds no data unit of ${o.unitSizeBytes}`);
  let unit = o.firstUnit;
  let filled = 0;
  const turn = (): Uint8Array => {
    const units = o.buffer.subarray(0, filled);
    if (direction === 'encrypt') cipher.encryptRun(units, unit, o.unitSizeBytes);
    else cipher.decryptRun(units, unit, o.unitSizeBytes);
    unit += BigInt(filled / o.unitSizeBytes);
    filled = 0;
    return units;
  };
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const some = chunk.subarray(at, at + capacity - filled);
      o.buffer.set(some, filled);
      filled += some.length;
      at += some.length;
      if (filled === capacity) yield turn();
    }
  }
  if (filled % o.unitSizeBytes !== 0) {
    throw new CryptoError(
      'UNIT_SIZE',
      `The stream ended ${filled % o.unitSizeBytes} bytes into a data unit of ${o.unitSizeBytes}; pad it to whole units.`,
    );
  }
  if (filled > 0) yield turn();
}
