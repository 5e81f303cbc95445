/**
 * What a disk's bytes go through, layer over layer: the extent's file, and the IO filter above it. Offsets and lengths
 * are whole sectors inside the disk; the layer above has checked that. One call at a time.
 */
export interface DiskBacking {
  /** Fills the whole buffer from `offsetBytes`. */
  read(buffer: Uint8Array, offsetBytes: number): Promise<void>;
  /** Writes the whole buffer at `offsetBytes` and leaves the buffer as it is. */
  write(bytes: Uint8Array, offsetBytes: number): Promise<void>;
  /** Makes what was written durable. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
