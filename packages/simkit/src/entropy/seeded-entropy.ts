import { createCipheriv, createHmac } from 'node:crypto';
import type { Entropy } from '@vcryptsim/ports';
import type { SecretRecorder } from './secret-recorder.js';

/** How {@link SeededEntropy} is set up. */
export interface SeededEntropyOptions {
  /** Told of every secret draw, of this object and of all its forks. */
  readonly recorder?: SecretRecorder;
}

/** One actor's stream. */
class SeededStream implements Entropy {
  readonly #key: Uint8Array;
  readonly #actor: string;
  readonly #incarnation: number;
  readonly #recorder: SecretRecorder | undefined;
  readonly #ordinals = new Map<string, number>();

  constructor(key: Uint8Array, actor: string, incarnation: number, recorder: SecretRecorder | undefined) {
    this.#key = key;
    this.#actor = actor;
    this.#incarnation = incarnation;
    this.#recorder = recorder;
  }

  secret(lengthBytes: number, label: string): Uint8Array {
    const ordinal = this.#count('secret', label);
    const bytes = this.#draw('secret', label, ordinal, lengthBytes);
    this.#recorder?.record({ actor: this.#actor, incarnation: this.#incarnation, label, ordinal }, bytes);
    return bytes;
  }

  public(lengthBytes: number, label: string): Uint8Array {
    return this.#draw('public', label, this.#count('public', label), lengthBytes);
  }

  /** The same actor and incarnation give the same stream again: a reboot counts its incarnation up. */
  fork(actor: string, incarnation: number): Entropy {
    const key = mac(this.#key, ['fork', actor, String(incarnation)]);
    return new SeededStream(key, actor, incarnation, this.#recorder);
  }

  #count(kind: string, label: string): number {
    const name = `${kind} ${label}`;
    const ordinal = this.#ordinals.get(name) ?? 0;
    this.#ordinals.set(name, ordinal + 1);
    return ordinal;
  }

  #draw(kind: string, label: string, ordinal: number, lengthBytes: number): Uint8Array {
    const key = mac(this.#key, [kind, label, String(ordinal)]);
    // Off the JS heap, where the collector leaves no copies behind.
    const bytes = new Uint8Array(new ArrayBuffer(lengthBytes));
    const stream = createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(bytes);
    bytes.set(stream);
    stream.fill(0);
    key.fill(0);
    return bytes;
  }
}

/**
 * Chance that a seed decides, so that a run can be repeated. **What it draws is not secret**: who knows the seed knows
 * every key of the run, and the stream keys stay in memory as long as this object does.
 *
 *     root key    = HMAC-SHA-256("vcryptsim seeded entropy", fields("seed", decimal digits of the seed))
 *     fork key    = HMAC-SHA-256(parent's key, fields("fork", actor, incarnation))
 *     draw key    = HMAC-SHA-256(own key, fields("secret" | "public", label, ordinal of this kind and label))
 *     drawn bytes = AES-256-CTR keystream under the draw key, counter from 0
 *
 * `fields` puts each text's length before it, so that no two lists look alike. The ordinal counts per kind and label,
 * so a new draw somewhere does not shift the others (design.md section 5).
 */
export class SeededEntropy extends SeededStream {
  /** @param seed any whole number */
  constructor(seed: number | bigint, options: SeededEntropyOptions = {}) {
    const root = new TextEncoder().encode('vcryptsim seeded entropy');
    super(mac(root, ['seed', String(BigInt(seed))]), 'world', 0, options.recorder);
  }
}

function mac(key: Uint8Array, fields: readonly string[]): Uint8Array {
  const hmac = createHmac('sha256', key);
  for (const field of fields) {
    const text = new TextEncoder().encode(field);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, text.length);
    hmac.update(length).update(text);
  }
  return hmac.digest();
}
