/**
 * What a disk's bytes go through, layer over layer: the extents, and the IO filter above them. Offsets and lengths
 * are whole sectors inside the disk; the layer above has checked that. Many calls at a time, as long as a write shares no
 * data unit with another call; the layer above sees to that too.
 */
export interface DiskBacking {
  /** Fills the whole buffer from `offsetBytes`. */
  read(buffer: Uint8Array, offsetBytes: number): Promise<void>;
  /** Writes the whole buffer at `offsetBytes` and leaves the buffer as it is. */
  write(bytes: Uint8Array, offsetBytes: number): Promise<void>;
  /** What is in the range is needed no more: it reads as zeros from then on. No file gets shorter. */
  discard(offsetBytes: number, lengthBytes: number): Promise<void>;
  /** Makes what was written durable: all writes that were over before it was called. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
