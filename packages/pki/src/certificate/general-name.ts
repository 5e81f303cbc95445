import type { DerElement } from '../der-element.js';
import { PkiError } from '../errors.js';

/** Kinds of name (RFC 5280 section 4.2.1.6) by the number of their tag. */
const KINDS = ['other', 'email', 'dns', 'x400', 'directory', 'ediParty', 'uri', 'ip', 'registeredId'] as const;

/** What kind of name it is. */
export type NameKind = (typeof KINDS)[number];

/** One name of a subject, or of a rule about names. */
export interface GeneralName {
  readonly kind: NameKind;
  /** Of `email`, `dns` and `uri`: the text, one character a byte. Else empty. */
  readonly text: string;
  /** Of `ip`: 4 or 16 bytes, in a rule twice as many (address and mask). */
  readonly bytes: Uint8Array;
  /** Of `directory`: its relative distinguished names. */
  readonly rdns: readonly RelativeName[];
}

/** One part of a distinguished name: attributes, sorted, in the form in which they are compared. */
export type RelativeName = readonly string[];

const CONSTRUCTED: ReadonlySet<NameKind> = new Set(['other', 'x400', 'directory', 'ediParty']);

/**
 * Reads one GeneralName.
 *
 * @param role of a rule about names an address has a mask beside it
 * @throws PkiError MALFORMED
 */
export function readGeneralName(element: DerElement, role: 'name' | 'rule'): GeneralName {
  const kind = KINDS[element.contextTag ?? -1];
  if (kind === undefined || element.isConstructed !== CONSTRUCTED.has(kind)) throw wrong('One of its names');
  const { content } = element;
  const isText = kind === 'email' || kind === 'dns' || kind === 'uri';
  if (kind === 'ip' && ![4, 16].includes(role === 'rule' ? content.length / 2 : content.length)) {
    throw wrong('One of its IP addresses');
  }
  const [name, ...more] = kind === 'directory' ? element.children : [];
  if (kind === 'directory' && (name === undefined || more.length > 0)) throw wrong('One of its directory names');
  return {
    kind,
    text: isText ? new TextDecoder('latin1').decode(content) : '',
    bytes: kind === 'ip' ? content : new Uint8Array(0),
    rdns: name === undefined ? [] : readName(name),
  };
}

/**
 * Reads a distinguished name (RFC 5280 section 4.1.2.4) into the form in which names are compared: strings without
 * regard to case and to the number of blanks, everything else byte by byte.
 *
 * @throws PkiError MALFORMED
 */
export function readName(element: DerElement): RelativeName[] {
  return element.childrenOf('sequence').map((rdn) =>
    rdn
      .childrenOf('set')
      .map((attribute) => {
        const [type, value, ...more] = attribute.childrenOf('sequence');
        if (type === undefined || value === undefined || more.length > 0) throw wrong('A part of its name');
        return `${type.objectIdentifier()}=${comparable(value)}`;
      })
      .sort(),
  );
}

/** The values of an attribute in a name, for example of all e-mail addresses in a subject. */
export function attributesIn(rdns: readonly RelativeName[], type: string): string[] {
  const prefix = `${type}=t:`;
  return rdns.flat().flatMap((text) => (text.startsWith(prefix) ? text.slice(prefix.length) : []));
}

/** UTF8String, PrintableString, TeletexString, IA5String, and those of two and four bytes a character. */
const CHARACTER_SETS: ReadonlyMap<number, string> = new Map([
  [0x0c, 'utf-8'],
  [0x13, 'latin1'],
  [0x14, 'latin1'],
  [0x16, 'latin1'],
  [0x1a, 'latin1'],
  [0x1e, 'utf-16be'],
]);

function comparable(value: DerElement): string {
  const encoding = CHARACTER_SETS.get(value.whole[0] ?? 0);
  if (encoding === undefined) return `b:${Buffer.from(value.whole).toString('hex')}`;
  const text = new TextDecoder(encoding).decode(value.content);
  return `t:${text.trim().replace(/\s+/g, ' ').toLowerCase()}`;
}

/** `dns:NAME`, `ip:ADDRESS` or `uri:URI`; null for kinds that name nobody on a network. */
export function nameText({ kind, text, bytes }: GeneralName): string | null {
  if (kind === 'dns' || kind === 'uri') return `${kind}:${text}`;
  return kind === 'ip' ? `ip:${addressText(bytes)}` : null;
}

/** `10.0.0.1`, or the eight groups of an IPv6 address as OpenSSL prints them. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: 8 }, (_, at) =>
    view
      .getUint16(at * 2)
      .toString(16)
      .toUpperCase(),
  ).join(':');
}

function wrong(what: string): PkiError {
  return new PkiError('MALFORMED', undefined, `${what} cannot be read.`);
}
