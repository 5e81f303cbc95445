import type { MaskedBytes } from '../masked-bytes.js';
import type { NeedleForm } from './needle-forms.js';

/** What to look for. */
export interface ScanNeedle {
  readonly name: string;
  /** Read when the scanner is made, and kept under a mask. At least 4 bytes. */
  readonly bytes: Uint8Array | MaskedBytes;
  /** Default: raw, hex and base64. */
  readonly forms?: readonly NeedleForm[];
}

/** A place where a needle stands. */
export interface ScanMatch {
  readonly needle: string;
  readonly form: NeedleForm;
  /** Where the first byte stands, from the start of the stream. */
  readonly offsetBytes: number;
}

/** Looks for many needles in a stream of bytes at once. */
export class ByteScanner {
  readonly needles: readonly ScanNeedle[];
  constructor(needles: readonly ScanNeedle[]) {
    this.needles = needles;
  }
  /** The next piece of the stream; answers what ended in it. */
  scan(_chunk: Uint8Array): ScanMatch[] {
    throw new Error('not yet');
  }
  /** Begins a new stream at `offsetBytes`. */
  restart(_offsetBytes = 0): void {}
}
