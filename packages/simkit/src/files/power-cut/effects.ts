import type { FileErrorCode } from '@vcryptsim/ports';
import type { FileOperation } from '../recording-file-system.js';
import type { FileNode, Place } from './file-node.js';

/** One name that leads elsewhere than before; null is nothing. */
export interface EntryChange extends Place {
  readonly before: FileNode | null;
  readonly after: FileNode | null;
}

/**
 * Names that change, all or none. A rename inside a folder is one of these, and so is every move of a folder. A rename of
 * a file to another folder is two: the new name, then the old one gone.
 */
export interface EntriesEffect {
  readonly kind: 'entries';
  readonly changes: readonly EntryChange[];
}

export interface WriteEffect {
  readonly kind: 'write';
  readonly file: FileNode;
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

export interface TruncateEffect {
  readonly kind: 'truncate';
  readonly file: FileNode;
  readonly sizeBytes: number;
}

/** What a call does to the volatile state, and what becomes durable by it. */
export type Effect =
  | EntriesEffect
  | WriteEffect
  | TruncateEffect
  /** A file's content and length, or a folder's entries, are durable. */
  | { readonly kind: 'sync'; readonly node: FileNode }
  /** An fsync of a file failed: what it was for may be gone from memory and not be on the medium. */
  | { readonly kind: 'sync-failed'; readonly node: FileNode };

/** One call that changed something or made it durable, or that failed to. */
export interface LoggedOperation {
  /** From 1, in the order of the calls. */
  readonly number: number;
  readonly operation: FileOperation;
  /** Null when it succeeded. A write that failed has in `operation` what it left. */
  readonly failed: FileErrorCode | null;
  readonly effects: readonly Effect[];
}

/** Says what an operation was on, for a person: `write /kms/journal`. */
export function operationText({ operation }: LoggedOperation): string {
  const path = 'path' in operation ? operation.path : `${operation.from} to ${operation.to}`;
  return `${operation.kind} ${path}`;
}
