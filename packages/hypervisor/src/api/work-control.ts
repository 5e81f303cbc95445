/** Told how far a long piece of work is, after each batch. */
export type ProgressListener = (doneBytes: number, totalBytes: number) => void;

/** How whoever asked for a long piece of work follows it and ends it. */
export interface WorkControl {
  /** Once it is aborted, the work ends at its next batch with CANCELED, as any failure does. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}
