import { LabError, renderMessage, type WireMessage } from '@vcryptsim/lab';
import { exists, type FileSystem, makeFolders } from '@vcryptsim/ports';

/** Key material and passwords are zeros in these files; whoever may see the folder may read them. */
const MODE = 0o644;
const TEXT_FILE = 'wire.txt';

/**
 * Keeps what was on vCenter's wire: `NNNN-FROM-TO.kmip` for each connection, all its messages one after the other as
 * `kmip decode` reads them, and `wire.txt` with every message as text in the order of time. Redacted before it comes here.
 */
export class WireFiles {
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #ends = new Map<string, number>();
  #waiting: WireMessage[] = [];

  private constructor(files: FileSystem, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /**
   * @param folder absolute; new, or an empty folder
   * @throws LabError FOLDER_IN_USE when something is in it; FileError when it cannot be made
   */
  static async make(files: FileSystem, folder: string): Promise<WireFiles> {
    if ((await exists(files, folder)) && (await files.readdir(folder)).length > 0) {
      throw new LabError('FOLDER_IN_USE', `${folder} is not empty. Name a new folder, or remove what is in it.`);
    }
    await makeFolders(files, folder);
    return new WireFiles(files, folder);
  }

  /** Takes a message; it is in the files after the next {@link flush}. */
  take(message: WireMessage): void {
    this.#waiting.push(message);
  }

  /** Writes what was taken. Called between steps, while virtual time stands still, and at the end of every run. */
  async flush(): Promise<void> {
    const messages = this.#waiting;
    this.#waiting = [];
    const chunks = new Map<string, Uint8Array[]>();
    const add = (name: string, bytes: Uint8Array) => chunks.set(name, [...(chunks.get(name) ?? []), bytes]);
    for (const message of messages) {
      add(fileNameOf(message), message.bytes);
      add(TEXT_FILE, new TextEncoder().encode(textOf(message)));
    }
    for (const [name, parts] of chunks) await this.#append(name, parts);
  }

  async #append(name: string, parts: readonly Uint8Array[]): Promise<void> {
    const path = `${this.#folder}/${name}`;
    const handle = await this.#files.open(path, { access: 'write', create: 'if-missing', mode: MODE });
    try {
      let end = this.#ends.get(name) ?? 0;
      for (const bytes of parts) {
        await handle.pwrite(bytes, end);
        end += bytes.length;
      }
      this.#ends.set(name, end);
    } finally {
      await handle.close();
    }
  }
}

function fileNameOf({ connection, client, server }: WireMessage): string {
  const plain = (name: string) => name.replaceAll(/[^A-Za-z0-9._-]/g, '-');
  return `${String(connection).padStart(4, '0')}-${plain(client)}-${plain(server)}.kmip`;
}

function textOf({ connection, client, server, direction, atMs, bytes }: WireMessage): string {
  const way = direction === 'to-server' ? `${client} -> ${server}` : `${client} <- ${server}`;
  const head = `${(atMs / 1_000).toFixed(3)} s  ${way}  connection ${connection}, ${bytes.length} bytes`;
  return `${[head, ...renderMessage(bytes)].join('\n')}\n\n`;
}
