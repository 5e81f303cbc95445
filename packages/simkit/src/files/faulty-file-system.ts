import type { FileSystem } from '@vcryptsim/ports';
import { ForwardingFileSystem } from './forwarding-file-system.js';

/** What goes wrong with files. */
export type FileFault =
  | { readonly kind: 'no-space'; readonly afterBytes: number }
  | { readonly kind: 'read-only'; readonly under: string }
  | { readonly kind: 'not-permitted'; readonly under: string }
  | { readonly kind: 'io-error'; readonly atCall: number };

/** A file system that can be broken and mended at run time. */
export class FaultyFileSystem extends ForwardingFileSystem {
  readonly #faults = new Set<FileFault>();
  constructor(inner: FileSystem, faults: readonly FileFault[] = []) {
    super(inner);
    for (const fault of faults) this.#faults.add(fault);
  }
  /** Breaks something from now on. Returns the end of it. */
  set(fault: FileFault): () => void {
    this.#faults.add(fault);
    return () => this.#faults.delete(fault);
  }
}
