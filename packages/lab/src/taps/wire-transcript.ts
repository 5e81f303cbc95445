import { redactMessage, summarizeMessage } from '@vcryptsim/kmip-lite/text';
import type { TapConnection, TapFrame, TapObserver } from '@vcryptsim/simkit';
import type { WireWatch } from './wire-watch.js';

/** One KMIP operation as it was on the wire: names and identifiers, never key material. */
export interface KmipExchange {
  /** Number of the connection it was on, from 1. */
  readonly connection: number;
  /** Actor that asked, for example `vcenter`. */
  readonly client: string;
  /** Key server that was asked. */
  readonly server: string;
  /** As KMIP names it, for example `Get`. */
  readonly operation: string;
  readonly keyId: string | null;
  /** `Success`, the result reason of a refusal, or null while no answer came. */
  result: string | null;
  /** ID of the operation for which the connection was opened, where it has one. */
  readonly operationId?: string;
}

/** One message of vCenter's wire that may be kept: key material and passwords in it are zeros. */
export interface WireMessage {
  /** Number of the connection it was on, from 1. */
  readonly connection: number;
  readonly client: string;
  readonly server: string;
  readonly direction: TapFrame['direction'];
  /** Milliseconds of the lab's time since the run began. */
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** A TTLV message begins with tag (3), type (1) and the length of what follows (4). */
const HEADER_BYTES = 8;
/** More than any KMIP message here; a stream that claims more is not KMIP and is not followed further. */
const MESSAGE_BYTES_MAX = 1024 * 1024;

/**
 * The tap on vCenter's wire. It keeps the redacted summary of each message only; the bytes, in which keys may be, are
 * dropped as soon as a message is whole.
 */
export class WireTranscript implements TapObserver {
  readonly #exchanges: KmipExchange[] = [];
  readonly #streams = new Map<TapConnection, Streams>();
  readonly #listeners: ((exchange: KmipExchange) => void)[] = [];
  readonly #watch: WireWatch;
  readonly #onAnswer: (message: Uint8Array) => void;
  readonly #onMessage: ((message: Omit<WireMessage, 'atMs'>) => void) | undefined;

  /**
   * @param watch sees every frame before it is dropped: the search for keys that must not be on a wire
   * @param onAnswer shown each whole answer before it is dropped; it keeps no view of it
   * @param onMessage gets a redacted copy of every whole message
   */
  constructor(
    watch: WireWatch,
    onAnswer: (message: Uint8Array) => void = () => {},
    onMessage?: (message: Omit<WireMessage, 'atMs'>) => void,
  ) {
    this.#onMessage = onMessage;
    this.#watch = watch;
    this.#onAnswer = onAnswer;
  }

  /** All exchanges so far, oldest first. */
  exchanges(): readonly KmipExchange[] {
    return this.#exchanges;
  }

  /** Calls `listener` with each exchange that was answered, from now on. */
  onExchange(listener: (exchange: KmipExchange) => void): void {
    this.#listeners.push(listener);
  }

  opened(connection: TapConnection): void {
    this.#streams.set(connection, { toServer: new MessageCutter(), toClient: new MessageCutter(), open: [] });
  }

  frame(frame: TapFrame): void {
    this.#watch.look(frame);
    const streams = this.#streams.get(frame.connection);
    if (streams === undefined) return;
    const cutter = frame.direction === 'to-server' ? streams.toServer : streams.toClient;
    const { direction, connection } = frame;
    const { number, from: client, to: server } = connection;
    cutter.take(frame.bytes, (message) => {
      this.#onMessage?.({ connection: number, client, server, direction, bytes: redactMessage(message) });
      if (frame.direction === 'to-server') this.#asked(frame.connection, streams, message);
      else this.#answered(streams, message);
    });
  }

  closed(connection: TapConnection): void {
    const streams = this.#streams.get(connection);
    streams?.toServer.drop();
    streams?.toClient.drop();
    for (const exchange of streams?.open.splice(0) ?? []) this.#tell(exchange);
    this.#streams.delete(connection);
    this.#watch.forget(connection);
  }

  #tell(exchange: KmipExchange): void {
    for (const listener of this.#listeners) listener(exchange);
  }

  #asked({ number, from, to, onBehalfOf }: TapConnection, streams: Streams, message: Uint8Array): void {
    for (const item of summarizeMessage(message)?.items ?? []) {
      const { operation, uniqueIdentifier: keyId = null } = item;
      const about = { connection: number, client: from, server: to, operation, keyId, result: null };
      const exchange: KmipExchange = { ...about, ...(onBehalfOf !== undefined && { operationId: onBehalfOf }) };
      this.#exchanges.push(exchange);
      streams.open.push(exchange);
    }
  }

  // The items of a response answer those of the request in order (KMIP 1.1 section 6.4).
  #answered(streams: Streams, message: Uint8Array): void {
    this.#onAnswer(message);
    const asked = streams.open.splice(0);
    for (const [index, item] of (summarizeMessage(message)?.items ?? []).entries()) {
      const exchange = asked[index];
      if (exchange === undefined) return;
      exchange.result = item.status === 'Success' ? 'Success' : (item.reason ?? item.status ?? 'unknown');
      this.#tell(exchange);
    }
  }
}

interface Streams {
  readonly toServer: MessageCutter;
  readonly toClient: MessageCutter;
  /** Exchanges of the last request, not yet answered. */
  readonly open: KmipExchange[];
}

/** Cuts a stream into whole messages, and zeroes what it held. */
class MessageCutter {
  #held = new Uint8Array(0);
  #lost = false;

  take(bytes: Uint8Array, onMessage: (message: Uint8Array) => void): void {
    if (this.#lost) return;
    const all = new Uint8Array(this.#held.length + bytes.length);
    all.set(this.#held);
    all.set(bytes, this.#held.length);
    this.#held.fill(0);
    try {
      this.#cut(all, onMessage);
    } finally {
      all.fill(0);
    }
  }

  #cut(all: Uint8Array, onMessage: (message: Uint8Array) => void): void {
    let start = 0;
    for (;;) {
      const lengthBytes = messageLength(all.subarray(start));
      if (lengthBytes !== null && lengthBytes > MESSAGE_BYTES_MAX) this.#lost = true;
      if (lengthBytes === null || this.#lost || start + lengthBytes > all.length) break;
      onMessage(all.subarray(start, start + lengthBytes));
      start += lengthBytes;
    }
    this.#held = this.#lost ? new Uint8Array(0) : all.slice(start);
  }

  drop(): void {
    this.#held.fill(0);
    this.#held = new Uint8Array(0);
  }
}

function messageLength(bytes: Uint8Array): number | null {
  if (bytes.length < HEADER_BYTES) return null;
  return HEADER_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
}
