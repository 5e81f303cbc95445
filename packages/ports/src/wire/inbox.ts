const ROOM_BYTES = 1 << 20;

/**
 * Bytes that came and were not read yet. It owns its pieces: what it copies out of it zeroes, so that a key which came
 * over a wire has no copies but the one that the reader holds (design.md section 2, rule 7).
 */
export class Inbox {
  #pieces: Uint8Array[] = [];
  #lengthBytes = 0;

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  get isEmpty(): boolean {
    return this.#lengthBytes === 0;
  }

  /** True while more lies here than a peer may have unread: 1 MiB. */
  get isFull(): boolean {
    return this.#lengthBytes > ROOM_BYTES;
  }

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#lengthBytes += piece.length;
  }

  takeAll(): Uint8Array {
    return this.take(this.#lengthBytes);
  }

  /** Takes the first `lengthBytes` bytes, of which there must be as many. */
  take(lengthBytes: number): Uint8Array {
    this.#lengthBytes -= lengthBytes;
    const first = this.#pieces[0];
    if (first?.length === lengthBytes) {
      this.#pieces.shift();
      return first;
    }
    const taken = new Uint8Array(new ArrayBuffer(lengthBytes));
    let done = 0;
    let whole = 0;
    for (const piece of this.#pieces) {
      const part = piece.subarray(0, lengthBytes - done);
      taken.set(part, done);
      done += part.length;
      const rest = piece.subarray(part.length);
      part.fill(0);
      if (rest.length > 0) {
        this.#pieces[whole] = rest;
        break;
      }
      whole++;
    }
    this.#pieces.splice(0, whole);
    return taken;
  }

  clear(): void {
    for (const piece of this.#pieces) piece.fill(0);
    this.#pieces = [];
    this.#lengthBytes = 0;
  }
}
