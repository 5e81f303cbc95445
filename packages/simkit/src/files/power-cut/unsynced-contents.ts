import type { FileHandle, FileSystem } from '@vcryptsim/ports';
import type { FileNode } from './file-node.js';
import type { Draw } from './survivors.js';
import { UnsyncedContent } from './unsynced-content.js';

/** So many old bytes are held before the oldest file counts as written back. */
const HELD_BYTES_MAX = 64 * 1024 * 1024;

/** Of all files the content and length that no fsync made durable. */
export class UnsyncedContents {
  readonly #files = new Map<FileNode, UnsyncedContent>();
  #heldBytes = 0;

  /** Before a write: what it covers is kept. */
  async willWrite(file: FileNode, handle: FileHandle, offsetBytes: number, lengthBytes: number): Promise<void> {
    const content = await this.#of(file, handle);
    await this.#counted(content, () => content.keep(handle, offsetBytes, offsetBytes + lengthBytes));
    this.#writeBack(file);
  }

  /** Before a new length. */
  async willTruncate(file: FileNode, handle: FileHandle, sizeBytes: number): Promise<void> {
    const content = await this.#of(file, handle);
    await this.#counted(content, () => content.keepBehind(handle, sizeBytes));
    this.#writeBack(file);
  }

  async synced(file: FileNode, handle: FileHandle): Promise<void> {
    const content = this.#files.get(file);
    if (!content) return;
    const sizeBytes = await handle.sizeBytes();
    await this.#counted(content, async () => content.synced(sizeBytes));
    if (content.heldBytes === 0) this.#files.delete(file);
  }

  async syncFailed(file: FileNode, handle: FileHandle): Promise<void> {
    const content = this.#files.get(file);
    if (!content) return;
    const sizeBytes = await handle.sizeBytes();
    await this.#counted(content, async () => content.syncFailed(sizeBytes));
  }

  /** Makes every file that still has a name what a power cut leaves of it. */
  async restore(files: FileSystem, draw: Draw): Promise<void> {
    for (const [node, content] of this.#files) {
      const { path } = node;
      if (path === null) continue;
      const handle = await files.open(path, { access: 'write' });
      try {
        await content.restore(handle, draw);
      } finally {
        await handle.close();
      }
    }
    this.#files.clear();
    this.#heldBytes = 0;
  }

  async #of(file: FileNode, handle: FileHandle): Promise<UnsyncedContent> {
    const known = this.#files.get(file);
    if (known) return known;
    const content = new UnsyncedContent(await handle.sizeBytes());
    this.#files.set(file, content);
    return content;
  }

  async #counted(content: UnsyncedContent, change: () => Promise<void>): Promise<void> {
    const beforeBytes = content.heldBytes;
    await change();
    this.#heldBytes += content.heldBytes - beforeBytes;
  }

  /** The file at work goes last: most of what is held may be its own. */
  #writeBack(atWork: FileNode): void {
    if (this.#heldBytes <= HELD_BYTES_MAX) return;
    for (const [node, content] of [...this.#files].sort(([a], [b]) => Number(a === atWork) - Number(b === atWork))) {
      if (this.#heldBytes <= HELD_BYTES_MAX) return;
      this.#heldBytes -= content.heldBytes;
      this.#files.delete(node);
    }
  }
}
