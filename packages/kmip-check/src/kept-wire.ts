import { redactMessage, renderMessage } from '@vcryptsim/kmip-lite/text';
import type { TapConnection, TapFrame, TapObserver } from '@vcryptsim/simkit';

/** One message as evidence: key material and passwords are zeros. */
export interface KeptMessage {
  /** Connections are counted from 1 in each check. */
  readonly connection: number;
  readonly direction: TapFrame['direction'];
  /** Redacted; every reader of KMIP reads it. Empty for bytes that are no KMIP. */
  readonly bytes: Uint8Array;
  /** The readable tree, or how many bytes there were that are no KMIP. */
  readonly lines: readonly string[];
}

/** A check of many hosts says the same again and again: what is beyond is left out, and counted. */
const MESSAGES_MAX = 2_000;
const MESSAGE_BYTES_MAX = 1024 * 1024;
const HEAD_BYTES = 8;
const PREFIX = 0x42;

/** Keeps what passed, message by message, redacted as it passes. */
export class KeptWire implements TapObserver {
  readonly messages: KeptMessage[] = [];
  /** How many messages were left out. */
  leftOut = 0;
  readonly #numbers = new Map<TapConnection, number>();
  readonly #parts = new Map<string, Uint8Array>();

  opened(connection: TapConnection): void {
    this.#numbers.set(connection, this.#numbers.size + 1);
  }

  /** A piece may hold a part of a message, or several. */
  frame({ connection, direction, bytes }: TapFrame): void {
    const number = this.#numbers.get(connection) ?? 0;
    const place = `${number} ${direction}`;
    const before = this.#parts.get(place) ?? new Uint8Array(0);
    let rest = Uint8Array.from([...before, ...bytes]);
    before.fill(0);
    for (let length = lengthOf(rest); length !== null && length <= rest.length; length = lengthOf(rest)) {
      const message = rest.subarray(0, length);
      this.#keep({ connection: number, direction, bytes: redactMessage(message), lines: renderMessage(message) });
      message.fill(0);
      rest = rest.slice(length);
    }
    const isKmip = rest.length === 0 || rest[0] === PREFIX;
    if (!isKmip) {
      this.#keep({
        connection: number,
        direction,
        bytes: new Uint8Array(0),
        lines: [`<${rest.length} bytes, no KMIP>`],
      });
    }
    this.#parts.set(place, isKmip && rest.length <= MESSAGE_BYTES_MAX ? rest : new Uint8Array(0));
  }

  closed(connection: TapConnection): void {
    const number = this.#numbers.get(connection) ?? 0;
    for (const direction of ['to-server', 'to-client'] as const) {
      const part = this.#parts.get(`${number} ${direction}`);
      this.#parts.delete(`${number} ${direction}`);
      if (part === undefined || part.length === 0) continue;
      this.#keep({ connection: number, direction, bytes: redactMessage(part), lines: renderMessage(part) });
      part.fill(0);
    }
  }

  #keep(message: KeptMessage): void {
    if (this.messages.length < MESSAGES_MAX) this.messages.push(message);
    else this.leftOut += 1;
  }
}

/** Of the message that begins there, with its head; null while that is not known, or where no message begins. */
function lengthOf(bytes: Uint8Array): number | null {
  if (bytes.length < HEAD_BYTES || bytes[0] !== PREFIX) return null;
  return HEAD_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
}
