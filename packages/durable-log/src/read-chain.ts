import { equalBytes, type FileHandle } from '@vcryptsim/ports';
import type { End } from './append-lane.js';
import type { ChainCheck } from './chain-check.js';
import { type Found, type FrameFormat, type FrameSource, framesFrom, hasFrameAfter } from './frame-reader.js';
import { LogError } from './log-error.js';

/** What a chain needs to know of a frame. */
export interface ChainedFrame {
  readonly number: number;
  /** What the chain takes of the frame. */
  readonly digest: Uint8Array;
  /** The chain's value after it, as the file has it. */
  readonly chain: Uint8Array;
}

/** Where a chain of frames is. */
export interface ChainEnd {
  readonly end: End;
  readonly chain: Uint8Array;
}

/**
 * Reads the frames of a log from its head on, in bounded memory, and judges each.
 *
 * A frame is one write followed by one fsync, so only the last one can be torn: a last frame that is not whole, or whose
 * chain has zeros where bytes are missing, is left out, and the end is before it. Anything else that is not whole or not
 * in its order is refused.
 *
 * @param o.from what the head says of the place before the first frame
 * @param o.framesMin as many are always there, because they were written with the head
 * @param o.isTorn whether a whole last frame was left unfinished all the same; by default {@link hasHoles}
 * @param o.take is given each frame in order; views that the next one may change
 * @throws LogError LOG_DAMAGED, LOG_DISORDERED, with path and offset; what `take` throws; FileError
 */
export async function readChain<F extends ChainedFrame>(o: {
  readonly path: string;
  readonly source: FrameSource;
  readonly format: FrameFormat<F>;
  readonly check: ChainCheck;
  readonly from: ChainEnd;
  readonly framesMin: number;
  readonly isTorn?: (frame: F, wanted: Uint8Array) => boolean;
  readonly take: (found: Found<F>) => void;
}): Promise<ChainEnd> {
  const { path, source, format } = o;
  const isTorn = o.isTorn ?? (({ chain }: F, wanted: Uint8Array) => hasHoles(chain, wanted));
  let { end, chain } = o.from;
  for await (const found of framesFrom(source, end.lengthBytes, format)) {
    const { frame, startBytes, endBytes } = found;
    const wanted = o.check.next(chain, frame.digest);
    const isNext = frame.number === end.lastNumber + 1;
    // A write that was followed by another was durable. Of the last one a cut may have left a part.
    if (endBytes === source.sizeBytes && isNext && isTorn(frame, wanted)) break;
    if (!isNext || !equalBytes(frame.chain, wanted)) {
      throw new LogError('LOG_DISORDERED', { path, offsetBytes: startBytes });
    }
    o.take(found);
    chain = frame.chain.slice();
    end = { lengthBytes: endBytes, lastNumber: frame.number };
  }
  const isShort = end.lastNumber < o.from.end.lastNumber + o.framesMin;
  if (isShort || (await hasFrameAfter(source, end.lengthBytes + 1, format))) {
    throw new LogError('LOG_DAMAGED', { path, offsetBytes: end.lengthBytes });
  }
  return { end, chain };
}

/** Whether a value is the wanted one but for bytes that never reached the medium and read as zeros. */
export function hasHoles(value: Uint8Array, wanted: Uint8Array): boolean {
  return !equalBytes(value, wanted) && value.every((byte, place) => byte === 0 || byte === wanted[place]);
}

/** Takes what a cut left of a last write off a file; answers how many bytes it was. Throws FileError. */
export async function cutTornTail(handle: FileHandle, { lengthBytes }: End): Promise<number> {
  const tornBytes = (await handle.sizeBytes()) - lengthBytes;
  if (tornBytes > 0) {
    await handle.truncate(lengthBytes);
    await handle.fsync();
  }
  return tornBytes;
}
