import { FileError, type FileHandle } from '@vcryptsim/ports';
import type { FileOperation } from '../recording-file-system.js';
import type { Effect, WriteEffect } from './effects.js';
import type { FileNode } from './file-node.js';
import type { UnsyncedContents } from './unsynced-contents.js';

/** What a handle needs of the medium that it belongs to. */
export interface Turns {
  /** Runs a call in its turn. @throws FileError IO without power, and after a power cut */
  run<T>(operation: string, work: () => Promise<T>): Promise<T>;
  /** What the handle was opened on, if anything of it was ever changed. */
  node(): FileNode | null;
  orFailed<T>(
    operation: FileOperation,
    work: () => Promise<T>,
    effectsOfFailure?: () => Promise<readonly Effect[]>,
  ): Promise<T>;
  note(operation: FileOperation, effects: readonly Effect[]): void;
  /** Somebody reads the log: a caller may use its buffer again. */
  readonly copiesWrites: boolean;
  readonly contents: UnsyncedContents;
  closed(): void;
}

/** One open file of a medium that can lose its power. */
export class PowerCutHandle implements FileHandle {
  readonly #handle: FileHandle;
  readonly #openedAs: string;
  readonly #turns: Turns;

  constructor(handle: FileHandle, openedAs: string, turns: Turns) {
    this.#handle = handle;
    this.#openedAs = openedAs;
    this.#turns = turns;
  }

  pread(buffer: Uint8Array, offsetBytes: number): Promise<number> {
    return this.#turns.run('read', () => this.#handle.pread(buffer, offsetBytes));
  }

  pwrite(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    return this.#turns.run('write', async () => {
      const file = this.#written('write');
      const path = this.#path(file);
      await this.#turns.contents.willWrite(file, this.#handle, offsetBytes, buffer.length);
      const effectOf = (bytes: Uint8Array): WriteEffect => ({ kind: 'write', file, offsetBytes, bytes });
      const operationOf = (bytes: Uint8Array) => ({ kind: 'write', path, offsetBytes, bytes }) as const;
      try {
        await this.#handle.pwrite(buffer, offsetBytes);
      } catch (error) {
        const left = await this.#left(offsetBytes, buffer.length);
        await this.#turns.orFailed(
          operationOf(left),
          () => Promise.reject(error),
          async () => (left.length > 0 ? [effectOf(left)] : []),
        );
      }
      const bytes = this.#turns.copiesWrites ? buffer.slice() : buffer;
      this.#turns.note(operationOf(bytes), [effectOf(bytes)]);
    });
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#turns.run('truncate', async () => {
      const file = this.#written('truncate');
      const operation = { kind: 'truncate', path: this.#path(file), sizeBytes } as const;
      await this.#turns.contents.willTruncate(file, this.#handle, sizeBytes);
      await this.#turns.orFailed(operation, () => this.#handle.truncate(sizeBytes));
      this.#turns.note(operation, [{ kind: 'truncate', file, sizeBytes }]);
    });
  }

  fsync(): Promise<void> {
    return this.#turns.run('fsync', async () => {
      const node = this.#turns.node();
      const operation = { kind: 'fsync', path: this.#path(node) } as const;
      await this.#turns.orFailed(
        operation,
        () => this.#handle.fsync(),
        async () => {
          if (!node) return [];
          await this.#turns.contents.syncFailed(node, this.#handle);
          return [{ kind: 'sync-failed', node }];
        },
      );
      // The power may go in this very call, and then it made nothing durable: said to the log first.
      this.#turns.note(operation, node ? [{ kind: 'sync', node }] : []);
      if (node) await this.#turns.contents.synced(node, this.#handle);
    });
  }

  sizeBytes(): Promise<number> {
    return this.#turns.run('stat', () => this.#handle.sizeBytes());
  }

  async close(): Promise<void> {
    // Without power too: a handle is given back to the system under us.
    await this.#turns.run('close', async () => {}).catch(() => {});
    this.#turns.closed();
    await this.#handle.close();
  }

  /** What a write that failed put into the file. */
  async #left(offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(lengthBytes);
    const count = await this.#handle.pread(bytes, offsetBytes).catch(() => 0);
    return bytes.subarray(0, count);
  }

  #written(operation: string): FileNode {
    const node = this.#turns.node();
    if (!node) throw new FileError('NOT_PERMITTED', operation, this.#openedAs);
    return node;
  }

  #path(node: FileNode | null): string {
    return node?.path || this.#openedAs;
  }
}
