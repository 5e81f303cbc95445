import { encodeTtlv, type Item, Tag, tagName, textOf, type Value } from '@vcryptsim/kmip-lite';
import type { Bindings } from './bindings.js';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What an answer says of its server rather than of the request; only that it is there counts. */
const OWN_WORDS: ReadonlySet<number> = new Set([Tag.VendorIdentification, Tag.ServerInformation]);
/** Moments are the sample's; spans are what its server grants (Lease Time). */
const OWN_TYPES: ReadonlySet<string> = new Set(['DateTime', 'Interval']);
/** What a server need not have. */
const OPTIONAL: ReadonlySet<number> = new Set([Tag.ResultMessage]);
/** Lists in a payload of which the sample's entries must be among the server's. */
const LISTS: ReadonlySet<number> = new Set([
  Tag.Operation,
  Tag.ObjectType,
  Tag.ApplicationNamespace,
  Tag.AttributeName,
  Tag.ProtocolVersion,
]);

/**
 * Holds a server's answer against the sample. It must have the sample's batch items, statuses, reasons, fields and
 * attributes with the sample's values, except for what is each server's own: key bytes, digests, dates, what it says of
 * itself. Bytes that the case itself sent are no server's own and must come back as they were. More fields, attributes,
 * operations and versions than the sample's are no failure; more located objects are one.
 *
 * @param bindings placeholders; taken from the answer where it names them first
 * @param sent byte strings that the case has sent so far, in hex
 * @returns one line for each difference, none when the answer is right
 */
export function compareAnswer(sample: Item, answer: Item, bindings: Bindings, sent: ReadonlySet<string>): string[] {
  return new Comparison(bindings, sent).of(sample, answer);
}

class Comparison {
  readonly #differences: string[] = [];
  readonly #bindings: Bindings;
  readonly #sent: ReadonlySet<string>;

  constructor(bindings: Bindings, sent: ReadonlySet<string>) {
    this.#bindings = bindings;
    this.#sent = sent;
  }

  of(sample: Item, answer: Item): string[] {
    const batch = (message: Item): number => itemsOf(message).filter(({ tag }) => tag === Tag.BatchItem).length;
    if (batch(sample) !== batch(answer)) this.#say('it', `has ${batch(answer)} batch items, not ${batch(sample)}`);
    this.#compareFields(sample, answer, '');
    return this.#differences;
  }

  #say(path: string, what: string): void {
    this.#differences.push(`${path} ${what}`);
  }

  #compare(expected: Item, seen: Item, path: string): void {
    if (OWN_WORDS.has(expected.tag)) return;
    if (expected.type !== seen.type) this.#say(path, `is of type ${seen.type}, not ${expected.type}`);
    else if (OWN_TYPES.has(expected.type)) return;
    else if (expected.type === 'Structure') this.#compareFields(expected, seen, path);
    else if (expected.type === 'TextString') this.#compareText(textOf(expected.utf8), textOf(utf8Of(seen)), path);
    else if (expected.type === 'ByteString' || expected.type === 'BigInteger') {
      this.#compareBytes(expected.tag, expected.bytes, bytesOf(seen), path);
    } else if (shown(expected) !== shown(seen)) this.#say(path, `is ${shown(seen)}, not ${shown(expected)}`);
  }

  #compareText(expected: string, seen: string, path: string): void {
    if (this.#bindings.isPlaceholder(expected)) {
      if (!this.#bindings.agrees(expected, seen)) {
        this.#say(path, `is ${seen}, not ${this.#bindings.identifier(expected) ?? 'an identifier of its own'}`);
      }
    } else if (expected !== seen) this.#say(path, `is "${seen}", not "${expected}"`);
  }

  #compareBytes(tag: number, expected: Uint8Array, seen: Uint8Array, path: string): void {
    if (tag === Tag.AsynchronousCorrelationValue) {
      if (!path.includes(tagName(Tag.ResponsePayload))) this.#bindings.bindCorrelation(seen);
      else if (!this.#bindings.isCorrelation(seen)) this.#say(path, 'is not the value that was given');
    } else if (tag === Tag.UniqueBatchItemID || this.#sent.has(hexOf(expected))) {
      if (hexOf(expected) !== hexOf(seen)) this.#say(path, 'has other bytes than were sent');
    }
  }

  #compareFields(expected: Item, seen: Item, path: string): void {
    const inPayload = expected.tag === Tag.ResponsePayload;
    const fields = itemsOf(expected).filter(({ tag }) => !OPTIONAL.has(tag));
    if (inPayload && fields.every(({ tag }) => tag === Tag.UniqueIdentifier)) {
      this.#compareIdentifiers(fields, itemsOf(seen), path);
      return;
    }
    const counts = new Map<string, number>();
    for (const field of fields) {
      const name = nameOf(field);
      const place = path === '' ? name : `${path}.${name}`;
      const same = itemsOf(seen).filter((one) => nameOf(one) === name);
      if (inPayload && LISTS.has(field.tag)) {
        const wanted = hexOf(encodeTtlv(field));
        if (!same.some((one) => hexOf(encodeTtlv(one)) === wanted)) this.#say(place, `${shown(field)} is absent`);
        continue;
      }
      const nth = counts.get(name) ?? 0;
      counts.set(name, nth + 1);
      const match = same[nth];
      if (match === undefined) this.#say(place, 'is absent');
      else this.#compare(field, match, place);
    }
  }

  /** All located objects and no other; a server may name them in any order. */
  #compareIdentifiers(expected: readonly Item[], seen: readonly Item[], path: string): void {
    const left = seen.filter(({ tag }) => tag === Tag.UniqueIdentifier).map((one) => textOf(utf8Of(one)));
    if (left.length !== expected.length) {
      this.#say(path, `has ${left.length} identifiers, not ${expected.length}`);
      return;
    }
    const names = expected.map((one) => textOf(utf8Of(one)));
    const isKnown = (name: string): boolean => this.#bindings.identifier(name) !== undefined;
    for (const name of [...names.filter(isKnown), ...names.filter((one) => !isKnown(one))]) {
      const at = left.findIndex((identifier) => this.#bindings.agrees(name, identifier));
      if (at < 0) this.#say(path, `lacks the object ${this.#bindings.identifier(name) ?? name}`);
      else left.splice(at, 1);
    }
  }
}

const itemsOf = (one: Item): readonly Item[] => (one.type === 'Structure' ? one.items : []);
const utf8Of = (one: Item): Uint8Array => (one.type === 'TextString' ? one.utf8 : new Uint8Array());
const bytesOf = (one: Item): Uint8Array =>
  one.type === 'ByteString' || one.type === 'BigInteger' ? one.bytes : new Uint8Array();

/** What a field is told apart by: an attribute by its name and index, any other by its tag. */
function nameOf(field: Item): string {
  if (field.tag !== Tag.Attribute) return tagName(field.tag);
  const part = (tag: number): Item | undefined => itemsOf(field).find((one) => one.tag === tag);
  const [name, index] = [part(Tag.AttributeName), part(Tag.AttributeIndex)];
  const number = index?.type === 'Integer' ? index.value : 0;
  return `Attribute(${name === undefined ? '' : textOf(utf8Of(name))}${number === 0 ? '' : ` ${number}`})`;
}

function shown(field: Item): string {
  if (field.type === 'TextString') return textOf(field.utf8);
  return 'value' in field ? String(field.value) : field.type;
}

/** All byte strings of a message that are long enough to be told apart from chance, in hex. */
export function byteStringsIn(message: Item): string[] {
  if (message.type === 'Structure') return message.items.flatMap(byteStringsIn);
  const bytes = bytesOf(message);
  return bytes.length < 8 ? [] : [hexOf(bytes)];
}

/** Every field of a message with that tag, at any depth. */
export function fieldsOf(message: Item, tag: number): Value[] {
  if (message.tag === tag) return [message];
  return message.type === 'Structure' ? message.items.flatMap((one) => fieldsOf(one, tag)) : [];
}
