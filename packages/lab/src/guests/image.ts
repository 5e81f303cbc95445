/** A source of disk content, read-only. */
export interface DiskImage {
  /** A whole number of sectors. */
  readonly sizeBytes: number;
  /** Fills `buffer` from `offsetBytes`; answers how many bytes there were. */
  read(buffer: Uint8Array, offsetBytes: number): Promise<number>;
  close(): Promise<void>;
}
