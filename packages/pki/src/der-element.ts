import { fromBER } from 'asn1js';
import { PkiError } from './errors.js';

/** Classes of a tag (X.690 section 8.1.2.2), as asn1js numbers them. */
const UNIVERSAL = 1;
const CONTEXT = 3;

/** Universal tags that are read here (X.680 section 8.6). */
export const UniversalTag = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  objectIdentifier: 6,
  sequence: 16,
  set: 17,
  utcTime: 23,
  generalizedTime: 24,
} as const;

/** What asn1js makes of one element; only what does not depend on its type is used. */
interface Block {
  readonly idBlock: { readonly tagClass: number; readonly tagNumber: number; readonly isConstructed: boolean };
  readonly valueBlock: { readonly value?: unknown };
  readonly blockLength: number;
  readonly valueBeforeDecodeView: Uint8Array;
  readonly lenBlock: { readonly blockLength: number };
  readonly error: string;
}

/**
 * One ASN.1 element with all that is inside it. asn1js checks lengths, depth (100) and count (10,000 elements); what the
 * contents mean is checked here, strictly: the schemas above it leave out what they cannot read.
 */
export class DerElement {
  private constructor(private readonly block: Block) {}

  /**
   * Reads bytes that are exactly one element.
   *
   * @param what the bytes should be, for the error: `a certificate`
   * @throws PkiError MALFORMED
   */
  static read(bytes: Uint8Array, what: string): DerElement {
    const element = DerElement.readFirst(bytes, what);
    if (element.whole.length === bytes.length) return element;
    const more = bytes.length - element.whole.length;
    throw new PkiError('MALFORMED', undefined, `${more} bytes follow the end of ${what}.`);
  }

  /** The same, where something may follow the element. */
  static readFirst(bytes: Uint8Array, what: string): DerElement {
    try {
      // A copy with a buffer of its own: the elements point into it.
      const { offset, result } = fromBER(Uint8Array.from(bytes));
      if (offset >= 0 && result.error === '') return new DerElement(result as unknown as Block);
    } catch {
      // The same as an offset of -1.
    }
    throw new PkiError('MALFORMED', undefined, `These ${bytes.length} bytes are not ${what} in DER.`);
  }

  /** With its head. */
  get whole(): Uint8Array {
    return this.block.valueBeforeDecodeView.subarray(0, this.block.blockLength);
  }

  /** Without its head. */
  get content(): Uint8Array {
    const { whole } = this;
    return whole.subarray(headBytes(whole));
  }

  /** Number of a context-specific tag, or null. */
  get contextTag(): number | null {
    return this.block.idBlock.tagClass === CONTEXT ? this.block.idBlock.tagNumber : null;
  }

  get isConstructed(): boolean {
    return this.block.idBlock.isConstructed;
  }

  is(tag: keyof typeof UniversalTag): boolean {
    const { tagClass, tagNumber } = this.block.idBlock;
    return tagClass === UNIVERSAL && tagNumber === UniversalTag[tag];
  }

  /** What is inside a constructed element. @throws PkiError MALFORMED for a primitive one */
  get children(): DerElement[] {
    const { value } = this.block.valueBlock;
    if (!this.isConstructed || !Array.isArray(value)) throw this.#wrong('a constructed element');
    return value.map((block: Block) => new DerElement(block));
  }

  /** What is inside a SEQUENCE or SET. @throws PkiError MALFORMED */
  childrenOf(tag: 'sequence' | 'set'): DerElement[] {
    if (!this.is(tag)) throw this.#wrong(tag.toUpperCase());
    return this.children;
  }

  /** Content of a primitive element of that type. @throws PkiError MALFORMED */
  primitive(tag: keyof typeof UniversalTag): Uint8Array {
    if (!this.is(tag) || this.isConstructed) throw this.#wrong(tag);
    return this.content;
  }

  /** Dotted text of an OBJECT IDENTIFIER. @throws PkiError MALFORMED */
  objectIdentifier(): string {
    const content = this.primitive('objectIdentifier');
    const last = content.at(-1);
    if (last === undefined || last >= 0x80) throw this.#wrong('an object identifier');
    return dotted(content);
  }

  /** A BOOLEAN. @throws PkiError MALFORMED */
  boolean(): boolean {
    const content = this.primitive('boolean');
    if (content.length !== 1) throw this.#wrong('a boolean');
    return content[0] !== 0;
  }

  /** A small, not negative INTEGER, or a context-specific one. @throws PkiError MALFORMED */
  count(): number {
    const content = this.contextTag !== null && !this.isConstructed ? this.content : this.primitive('integer');
    const [first = 0x80] = content;
    if (first >= 0x80 || content.length > 4) throw this.#wrong('a small number');
    return content.reduce((sum, byte) => sum * 256 + byte, 0);
  }

  #wrong(wanted: string): PkiError {
    const { tagClass, tagNumber } = this.block.idBlock;
    const found = tagClass === CONTEXT ? `[${tagNumber}]` : `tag ${tagNumber}`;
    return new PkiError('MALFORMED', undefined, `Where ${wanted} is expected there is ${found}.`);
  }
}

/** Identifier and length octets; asn1js has checked them. */
function headBytes(whole: Uint8Array): number {
  let at = 1;
  if (((whole[0] ?? 0) & 0x1f) === 0x1f) while ((whole[at++] ?? 0) >= 0x80);
  const first = whole[at++] ?? 0;
  return first > 0x80 ? at + (first & 0x7f) : at;
}

/** Base-128 numbers, the first of which holds two (X.690 section 8.19). */
function dotted(content: Uint8Array): string {
  const numbers: bigint[] = [];
  let number = 0n;
  for (const byte of content) {
    number = number * 128n + BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0n;
  }
  const [first = 0n, ...others] = numbers;
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - top * 40n, ...others].join('.');
}
