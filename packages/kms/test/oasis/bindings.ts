import { type Item, Tag, textOf } from '@vcryptsim/kmip-lite';
import type { OasisCase } from './oasis-case.js';

const encoder = new TextEncoder();
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What the server gave in place of a case's placeholders. */
export class Bindings {
  readonly #placeholders: ReadonlySet<string>;
  readonly #identifiers = new Map<string, string>();
  #correlation: Uint8Array | null = null;

  constructor({ placeholders }: OasisCase) {
    this.#placeholders = new Set(Object.values(placeholders));
  }

  isPlaceholder(value: string): boolean {
    return this.#placeholders.has(value);
  }

  /** The server's identifier for a placeholder, undefined while it has not given one. */
  identifier(placeholder: string): string | undefined {
    return this.#identifiers.get(placeholder);
  }

  /** True when the placeholder means this identifier; one that means nothing yet means it from now on. */
  agrees(placeholder: string, identifier: string): boolean {
    const bound = this.#identifiers.get(placeholder);
    if (bound !== undefined) return bound === identifier;
    if ([...this.#identifiers.values()].includes(identifier)) return false;
    this.#identifiers.set(placeholder, identifier);
    return true;
  }

  /** Takes the correlation value of a pending answer: each one replaces the last. */
  bindCorrelation(value: Uint8Array): void {
    this.#correlation = value.slice();
  }

  /** Says whether a correlation value is the one that the server gave last. */
  isCorrelation(value: Uint8Array): boolean {
    return this.#correlation !== null && hexOf(value) === hexOf(this.#correlation);
  }

  /**
   * A request with the server's values in it, and the time of the run where the case says "now".
   *
   * @param o.sampleNow what stands for "now" in the case
   * @param o.runNow what it is, both in seconds since 1970
   * @param o.offsets of the dates that are meant, in the order of the fields
   */
  fill(request: Item, o: { sampleNow: number; runNow: number; offsets: readonly number[] }): Item {
    const offsets = [...o.offsets];
    const filled = (item: Item): Item => {
      if (item.type === 'Structure') return { ...item, items: item.items.map(filled) };
      if (item.type === 'TextString') {
        const identifier = this.identifier(textOf(item.utf8));
        return identifier === undefined ? item : { ...item, utf8: encoder.encode(identifier) };
      }
      if (item.type === 'ByteString' && item.tag === Tag.AsynchronousCorrelationValue && this.#correlation !== null) {
        return { ...item, bytes: this.#correlation };
      }
      if (item.type === 'DateTime' && offsets[0] !== undefined && Number(item.value) === o.sampleNow + offsets[0]) {
        return { ...item, value: BigInt(o.runNow + (offsets.shift() ?? 0)) };
      }
      return item;
    };
    return filled(request);
  }
}
