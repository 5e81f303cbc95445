import type { FileHandle } from '@vcryptsim/ports';

const WINDOW_BYTES = 1024 * 1024;

/** How frames of a format are found and read. */
export interface FrameFormat<Frame> {
  /** First bytes of a frame. */
  readonly magic: Uint8Array;
  /** How many bytes tell a frame's length. */
  readonly headBytes: number;
  /** Length of the frame that begins with these bytes, or null when none does. */
  measure(head: Uint8Array): number | null;
  /** Reads a frame of exactly these bytes, or answers null when they are not whole. */
  decode(bytes: Uint8Array): Frame | null;
}

/** A frame, and where it is in what it was read from. */
export interface Found<Frame> {
  readonly frame: Frame;
  /** All bytes of the frame. */
  readonly bytes: Uint8Array;
  readonly startBytes: number;
  readonly endBytes: number;
}

/** Something that frames are read from: a file in a window, or bytes in memory. */
export interface FrameSource {
  readonly sizeBytes: number;
  /** Bytes from a place, fewer at the end; a view that the next call may change. Throws FileError. */
  view(offsetBytes: number, lengthBytes: number): Promise<Uint8Array>;
}

/** A file read forward through one buffer, so that a long one takes no memory. */
export class FileWindow implements FrameSource {
  #buffer: Uint8Array = new Uint8Array(0);
  #fromBytes = 0;
  #filledBytes = 0;

  /**
   * @param sizeBytes how much of the file is looked at
   * @param windowBytes how much is read at once; default 1 MiB
   */
  constructor(
    private readonly handle: FileHandle,
    readonly sizeBytes: number,
    private readonly windowBytes: number = WINDOW_BYTES,
  ) {}

  async view(offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(lengthBytes, this.sizeBytes - offsetBytes));
    const isThere = offsetBytes >= this.#fromBytes && offsetBytes + wanted <= this.#fromBytes + this.#filledBytes;
    if (!isThere) await this.#fill(offsetBytes, Math.max(wanted, this.windowBytes));
    const at = offsetBytes - this.#fromBytes;
    return this.#buffer.subarray(at, Math.min(at + wanted, this.#filledBytes));
  }

  async #fill(offsetBytes: number, lengthBytes: number): Promise<void> {
    const wanted = Math.min(lengthBytes, this.sizeBytes - offsetBytes);
    // A buffer for a long frame goes when short ones follow.
    const fits = this.#buffer.length >= wanted && this.#buffer.length <= 4 * Math.max(wanted, this.windowBytes);
    if (!fits) this.#buffer = new Uint8Array(Math.max(wanted, Math.min(this.windowBytes, this.sizeBytes)));
    this.#filledBytes = 0;
    this.#fromBytes = offsetBytes;
    this.#filledBytes = await this.handle.pread(this.#buffer.subarray(0, wanted), offsetBytes);
  }
}

/** Bytes in memory. */
export function sourceOf(bytes: Uint8Array): FrameSource {
  const view = async (offsetBytes: number, lengthBytes: number) =>
    bytes.subarray(offsetBytes, offsetBytes + lengthBytes);
  return { sizeBytes: bytes.length, view };
}

/** The whole frames that follow each other from a place on; views that the next step may change. Throws FileError. */
export async function* framesFrom<Frame>(
  source: FrameSource,
  startBytes: number,
  format: FrameFormat<Frame>,
): AsyncGenerator<Found<Frame>> {
  for (let at = startBytes; ; ) {
    const found = await frameAt(source, at, format);
    if (!found) return;
    at = found.endBytes;
    yield found;
  }
}

/** Says whether a whole frame is anywhere from a place on: then what is before it was damaged, not torn. Throws FileError. */
export async function hasFrameAfter<Frame>(
  source: FrameSource,
  startBytes: number,
  format: FrameFormat<Frame>,
): Promise<boolean> {
  for (let at = startBytes; source.sizeBytes - at >= format.headBytes; ) {
    const view = await source.view(at, WINDOW_BYTES);
    const place = Buffer.from(view.buffer, view.byteOffset, view.byteLength).indexOf(format.magic);
    if (place >= 0 && (await frameAt(source, at + place, format))) return true;
    at += place >= 0 ? place + 1 : Math.max(1, view.length - format.magic.length + 1);
  }
  return false;
}

async function frameAt<Frame>(
  source: FrameSource,
  startBytes: number,
  format: FrameFormat<Frame>,
): Promise<Found<Frame> | null> {
  const lengthBytes = format.measure(await source.view(startBytes, format.headBytes));
  if (lengthBytes === null || startBytes + lengthBytes > source.sizeBytes) return null;
  const bytes = await source.view(startBytes, lengthBytes);
  const frame = bytes.length === lengthBytes ? format.decode(bytes) : null;
  return frame && { frame, bytes, startBytes, endBytes: startBytes + lengthBytes };
}
