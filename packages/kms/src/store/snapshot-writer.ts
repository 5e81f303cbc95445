import type { End } from '@vcryptsim/durable-log';
import type { FileHandle } from '@vcryptsim/ports';
import type { Chain } from './chain.js';
import { encodeFrame, type Landing, type Parts, placesIn } from './journal-format.js';

const FRAME_BYTES = 1024 * 1024;

interface Held {
  readonly parts: Parts;
  readonly landed: (landing: Landing) => void;
}

/** Writes the frames that a new journal begins with, one in memory at a time. */
export class SnapshotWriter {
  readonly #handle: FileHandle;
  readonly #chain: Chain;
  readonly #auditLine: number;
  #held: Held[] = [];
  #heldBytes = 0;
  #number: number;
  #offsetBytes: number;
  #chainEnd: Uint8Array;
  #frames = 0;
  #objects = 0;

  constructor(
    handle: FileHandle,
    o: {
      readonly firstNumber: number;
      readonly startBytes: number;
      readonly chainBefore: Uint8Array;
      readonly chain: Chain;
      readonly auditLine: number;
    },
  ) {
    this.#handle = handle;
    this.#chain = o.chain;
    this.#auditLine = o.auditLine;
    this.#number = o.firstNumber;
    this.#offsetBytes = o.startBytes;
    this.#chainEnd = o.chainBefore;
  }

  /**
   * Adds parts, of which it keeps a copy.
   *
   * @param o.objects how many versions of objects are among the entries
   * @param o.landed told where the parts are in the new file
   * @throws FileError
   */
  async add(parts: Parts, o: { readonly objects: number; readonly landed: (landing: Landing) => void }): Promise<void> {
    const { entries, materials } = parts;
    this.#held.push({ parts: { entries: entries.slice(), materials: materials.slice() }, landed: o.landed });
    this.#heldBytes += entries.length + materials.length;
    this.#objects += o.objects;
    if (this.#heldBytes >= FRAME_BYTES) await this.#write();
  }

  /** Writes what is left; says where the frames end and how many there are. May be called again. Throws FileError. */
  async finish(): Promise<{ end: End; frames: number; objects: number; chainEnd: Uint8Array }> {
    if (this.#held.length > 0) await this.#write();
    const end = { lengthBytes: this.#offsetBytes, lastNumber: this.#number - 1 };
    return { end, frames: this.#frames, objects: this.#objects, chainEnd: this.#chainEnd };
  }

  async #write(): Promise<void> {
    const held = this.#held;
    const chainOf = (digest: Uint8Array) => {
      this.#chainEnd = this.#chain.next(this.#chainEnd, digest);
      return this.#chainEnd;
    };
    const parts = held.map((one) => one.parts);
    const bytes = encodeFrame({ number: this.#number, auditLine: this.#auditLine, parts, chainOf });
    await this.#handle.pwrite(bytes, this.#offsetBytes);
    for (const [place, { entriesAt, materialsAt }] of placesIn(parts).entries()) {
      const startBytes = this.#offsetBytes;
      held[place]?.landed({ entriesAt: startBytes + entriesAt, materialsAt: startBytes + materialsAt });
    }
    this.#offsetBytes += bytes.length;
    this.#number += 1;
    this.#frames += 1;
    this.#held = [];
    this.#heldBytes = 0;
  }
}
