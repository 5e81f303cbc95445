import { KmipError } from '../errors.js';
import type { Item } from '../ttlv/item.js';
import { formatVersion, KMIP_1_4, type ProtocolVersion } from './protocol-version.js';
import { tagExistsIn, tagName } from './tag-names.js';

/** Says whether a tag is one of those that are left to vendors (KMIP 1.1 section 9.1.1.1). */
function isVendors(tag: number): boolean {
  return tag >>> 16 === 0x54;
}

/** Reads one field's value; throws KmipError INVALID MESSAGE when the type is another. */
export type ReadAs<T> = (field: Item, version: ProtocolVersion) => T;

/**
 * Reads the fields of a structure in the order of the specification's table (KMIP 1.1 sections 2 to 7). Under a minor
 * version above ours unknown fields are passed over (section 11.1); under 1.0 to 1.4 they are an error. A vendor's
 * own fields are passed over in every version, like a message extension that is not critical (section 6.16).
 */
export class FieldReader {
  readonly #fields: readonly Item[];
  #at = 0;

  /**
   * @param fields the structure's items
   * @param place name of the structure, for messages
   * @param version version of the message's header
   */
  constructor(
    fields: readonly Item[],
    readonly place: string,
    readonly version: ProtocolVersion,
  ) {
    const isLater = version.minor > KMIP_1_4.minor;
    const isOther = ({ tag }: Item) => isVendors(tag) || (isLater && !tagExistsIn(tag, version));
    this.#fields = fields.some(isOther) ? fields.filter((field) => !isOther(field)) : fields;
  }

  /** Tag of the field that comes next, undefined at the end. */
  get nextTag(): number | undefined {
    return this.#fields[this.#at]?.tag;
  }

  /** The next field, if it carries this tag. */
  optional<T>(tag: number, readAs: ReadAs<T>): T | undefined {
    const field = this.#fields[this.#at];
    if (field === undefined || field.tag !== tag || !tagExistsIn(tag, this.version)) return undefined;
    this.#at += 1;
    return readAs(field, this.version);
  }

  /** Like {@link optional}, for a field of a later version that clients send under earlier ones, too. */
  takeEarly<T>(tag: number, readAs: ReadAs<T>): T | undefined {
    const field = this.#fields[this.#at];
    if (field?.tag !== tag) return undefined;
    this.#at += 1;
    return readAs(field, this.version);
  }

  /** The next field, which must carry this tag (else INVALID MESSAGE). */
  required<T>(tag: number, readAs: ReadAs<T>): T {
    if (this.nextTag !== tag) {
      throw new KmipError('InvalidMessage', `${tagName(tag)} is missing or out of order in ${this.place}`);
    }
    const value = this.optional(tag, readAs);
    if (value === undefined) throw this.#unknown(tag);
    return value;
  }

  /** All fields of this tag that come next, none allowed. */
  all<T>(tag: number, readAs: ReadAs<T>): T[] {
    const values: T[] = [];
    while (this.nextTag === tag && tagExistsIn(tag, this.version)) values.push(this.required(tag, readAs));
    return values;
  }

  /** All fields that are left, unread. */
  rest(): readonly Item[] {
    const left = this.#fields.slice(this.#at);
    this.#at = this.#fields.length;
    return left;
  }

  /** Throws unless every field was read: INVALID MESSAGE for one repeated or out of place, INVALID FIELD for an unknown one. */
  end(): void {
    const tag = this.nextTag;
    if (tag === undefined) return;
    if (!tagExistsIn(tag, this.version)) throw this.#unknown(tag);
    throw new KmipError('InvalidMessage', `${tagName(tag)} is repeated or out of place in ${this.place}`);
  }

  #unknown(tag: number): KmipError {
    return new KmipError('InvalidField', `${tagName(tag)} is no field of KMIP ${formatVersion(this.version)}`);
  }
}
