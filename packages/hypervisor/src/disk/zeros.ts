import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { DiskBacking } from './disk-backing.js';
import type { ByteRange } from './range-waits.js';

/** What a file system gives to a file at a time, as a rule: zeros of this length are left out of a sparse file. */
export const HOLE_SIZE_BYTES = 4096;

/** Bytes that are looked at once for zeros. */
const WINDOW_SIZE_BYTES = 1024 * 1024;

/** Whether these bytes are all zeros. Of a data unit of ciphertext the first byte tells, 255 times of 256. */
export function isZeros(bytes: Uint8Array, startBytes = 0, endBytes = bytes.length): boolean {
  for (let at = startBytes; at < endBytes; at++) if (bytes[at] !== 0) return false;
  return true;
}

/**
 * The runs of data units that are not all zeros, as places in `bytes`, in order. Units side by side are one run.
 *
 * @param bytes whole units; the last one may be shorter
 */
export function* dataRunsOf(bytes: Uint8Array, unitSizeBytes: number): Generator<ByteRange> {
  let startBytes = -1;
  for (let at = 0; at < bytes.length; at += unitSizeBytes) {
    if (!isZeros(bytes, at, Math.min(at + unitSizeBytes, bytes.length))) {
      if (startBytes < 0) startBytes = at;
    } else if (startBytes >= 0) {
      yield { startBytes, endBytes: at };
      startBytes = -1;
    }
  }
  if (startBytes >= 0) yield { startBytes, endBytes: bytes.length };
}

/**
 * Makes a range read as zeros and leaves alone what does already: so that a hole stays a hole.
 *
 * @param zero writes zeros there
 */
export async function zeroWhatIsNot(
  backing: Pick<DiskBacking, 'read'>,
  offsetBytes: number,
  lengthBytes: number,
  zero: (zeros: Uint8Array, offsetBytes: number) => Promise<void>,
): Promise<void> {
  const buffer = new Uint8Array(Math.min(WINDOW_SIZE_BYTES, lengthBytes));
  for (let done = 0; done < lengthBytes; done += buffer.length) {
    const window = buffer.subarray(0, Math.min(buffer.length, lengthBytes - done));
    await backing.read(window, offsetBytes + done);
    const runs = [...dataRunsOf(window, SECTOR_SIZE_BYTES)];
    window.fill(0);
    for (const { startBytes, endBytes } of runs) {
      await zero(window.subarray(startBytes, endBytes), offsetBytes + done + startBytes);
    }
  }
}
