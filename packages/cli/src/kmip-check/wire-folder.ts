import type { KeptWire } from '@vcryptsim/kmip-check';
import { FileError, folderOf, makeFolders } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { CliError, EXIT } from '../exit.js';

/**
 * A folder of messages as evidence: for each check `NN-NAME.kmip`, its messages one after the other as `kmip decode` reads
 * them, and `NN-NAME.txt`, the same as trees. Key material and passwords are zeros in the one and left out in the other.
 */
export class WireFolder {
  readonly #files = new OsFileSystem();
  #written = 0;

  private constructor(private readonly folder: string) {}

  /** @throws CliError environment when something is there already; FileError */
  static async make(folder: string): Promise<WireFolder> {
    const files = new OsFileSystem();
    await makeFolders(files, folderOf(folder));
    try {
      await files.mkdir(folder, 0o755);
    } catch (error) {
      if (!(error instanceof FileError && error.code === 'EXISTS')) throw error;
      throw new CliError(EXIT.environment, `${folder} exists already.`, 'Name a new folder with --save-wire FOLDER.');
    }
    return new WireFolder(folder);
  }

  /** Writes what passed in one check. Answers the file's path. */
  async write(check: string, { messages, leftOut }: KeptWire): Promise<string> {
    this.#written += 1;
    const name = `${String(this.#written).padStart(2, '0')}-${check}`;
    const ordered = messages.toSorted((a, b) => a.connection - b.connection);
    const path = `${this.folder}/${name}.kmip`;
    await this.#put(
      path,
      ordered.map(({ bytes }) => bytes),
    );
    const texts = ordered.map(({ connection, direction, lines }) =>
      [`connection ${connection}, ${direction}`, ...lines.map((line) => `  ${line}`), ''].join('\n'),
    );
    if (leftOut > 0) texts.push(`${leftOut} more messages were left out.\n`);
    await this.#put(`${this.folder}/${name}.txt`, [new TextEncoder().encode(texts.join('\n'))]);
    return path;
  }

  async #put(path: string, parts: readonly Uint8Array[]): Promise<void> {
    const handle = await this.#files.open(path, { access: 'write', create: 'exclusive', mode: 0o644 });
    try {
      let at = 0;
      for (const part of parts) {
        await handle.pwrite(part, at);
        at += part.length;
      }
    } finally {
      await handle.close();
    }
  }
}
