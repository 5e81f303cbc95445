/** Where the durable part of a journal ends. */
export interface JournalEnd {
  /** Another number means another file: what was copied before is no part of it. */
  readonly generation: number;
  readonly lengthBytes: number;
  /** Number of the last frame. */
  readonly lastNumber: number;
}

/** A journal as those see it who copy it while it is written. */
export interface JournalCopy {
  /** The end, once no rewriting is under way; null when the signal fires first. */
  settledEnd(signal: AbortSignal): Promise<JournalEnd | null>;
  /**
   * Fills `buffer` from `offsetBytes` with bytes that are durable. Material that is being destroyed is in them whole or
   * wiped, never in between.
   *
   * @returns false when that generation is over
   * @throws FileError
   */
  readDurable(generation: number, buffer: Uint8Array, offsetBytes: number): Promise<boolean>;
  /** Resolves when the end may have moved, or when one of the signals fires. */
  moved(...signals: readonly AbortSignal[]): Promise<void>;
}
