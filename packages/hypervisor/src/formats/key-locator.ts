import { bundleTampered } from '../api/faults.js';
import { decodeElement, type Element, encodeElement } from './key-locator-element.js';

const PREFIX = 'vmware:key/';
const MAX_DEPTH = 8;
const MAX_LOCATORS = 1024;

const ROLES = ['obfuscation', 'adminIdent', 'adminRecovery', 'server'] as const;

/** A key that everybody knows, by what it is for. */
export type KeyRole = (typeof ROLES)[number];

/**
 * Where a key is to be found, in VMware's published grammar (facts/vsphere-encryption.md section 4):
 *
 * ```
 * url      = "vmware:key/" locator                      prefix and type names compare without case
 * locator  = null/ | rawkey/KEYDATA | phrase/ID/KEYGENDATA | ldap/ID/SERVER/DOMAIN/PORT/USESSL/PATH
 *          | script/ID/PATH/SIGNATURE | role/ID/ROLE | fqid/ID/KEYSERVERID/KEYID
 *          | list/(locator,locator,...) | pair/(locator,MACNAME,BASE64)
 * ```
 */
export type KeyLocator =
  | { readonly type: 'null' }
  | { readonly type: 'rawkey'; readonly keyData: Element }
  | { readonly type: 'phrase'; readonly id: string; readonly keyGenerator: Element }
  | {
      readonly type: 'ldap';
      readonly id: Element;
      readonly server: Element;
      readonly domain: Element;
      readonly port: Element;
      readonly useSsl: Element;
      readonly path: Element;
    }
  | { readonly type: 'script'; readonly id: Element; readonly path: Element; readonly signature: Element }
  | { readonly type: 'role'; readonly id: Element; readonly role: KeyRole }
  | { readonly type: 'fqid'; readonly id: Element; readonly keyServerId: Element; readonly keyId: Element }
  | { readonly type: 'list'; readonly locators: readonly KeyLocator[] }
  /** What `locker` finds opens `locked` (base64 text here), whose MAC is of the named kind. */
  | { readonly type: 'pair'; readonly locker: KeyLocator; readonly macName: Element; readonly locked: Element };

/**
 * Reads a key locator, in time linear in its length.
 *
 * @param file name for errors
 * @throws HypervisorError BUNDLE_TAMPERED with the character that does not fit
 */
export function parseKeyLocator(text: string, file: string): KeyLocator {
  if (text.slice(0, PREFIX.length).toLowerCase() !== PREFIX) {
    throw bundleTampered(file, `it does not begin with ${PREFIX}`);
  }
  const reader = new LocatorReader(text, file);
  const locator = reader.locator(0);
  reader.end();
  return locator;
}

/** Writes a key locator: elements escaped, the MAC name too. */
export function formatKeyLocator(locator: KeyLocator): string {
  return PREFIX + formatLocator(locator);
}

function formatLocator(locator: KeyLocator): string {
  switch (locator.type) {
    case 'null':
      return `null/${encodeElement('')}`;
    case 'rawkey':
      return fields('rawkey', locator.keyData);
    case 'phrase':
      return fields('phrase', locator.id, locator.keyGenerator);
    case 'ldap':
      return fields('ldap', locator.id, locator.server, locator.domain, locator.port, locator.useSsl, locator.path);
    case 'script':
      return fields('script', locator.id, locator.path, locator.signature);
    case 'role':
      return fields('role', locator.id, locator.role);
    case 'fqid':
      return fields('fqid', locator.id, locator.keyServerId, locator.keyId);
    case 'list':
      return `list/(${locator.locators.map(formatLocator).join(',')})`;
    case 'pair':
      return `pair/(${formatLocator(locator.locker)},${encodeElement(locator.macName)},${encodeElement(locator.locked)})`;
  }
}

function fields(type: string, ...elements: Element[]): string {
  return [type, ...elements.map(encodeElement)].join('/');
}

class LocatorReader {
  #at = PREFIX.length;
  #locators = 0;

  constructor(
    readonly text: string,
    readonly file: string,
  ) {}

  locator(depth: number): KeyLocator {
    if (depth > MAX_DEPTH) throw this.#wrong(`it is nested more than ${MAX_DEPTH} deep`);
    this.#locators += 1;
    if (this.#locators > MAX_LOCATORS) throw this.#wrong(`it has more than ${MAX_LOCATORS} parts`);
    const type = this.#until('/').toLowerCase();
    this.#skip('/');
    switch (type) {
      case 'null':
        this.#until('/,)');
        return { type };
      case 'rawkey':
        return { type, keyData: this.#field() };
      case 'phrase': {
        const id = this.#field();
        if (id === null) throw this.#wrong('a phrase has no ID');
        return { type, id, keyGenerator: this.#nextField() };
      }
      case 'ldap':
        return {
          type,
          id: this.#field(),
          server: this.#nextField(),
          domain: this.#nextField(),
          port: this.#nextField(),
          useSsl: this.#nextField(),
          path: this.#nextField(),
        };
      case 'script':
        return { type, id: this.#field(), path: this.#nextField(), signature: this.#nextField() };
      case 'role': {
        const id = this.#field();
        const name = this.#nextField();
        const role = ROLES.find((known) => known.toLowerCase() === name?.toLowerCase());
        if (role === undefined) throw this.#wrong('the role is unknown');
        return { type, id, role };
      }
      case 'fqid':
        return { type, id: this.#field(), keyServerId: this.#nextField(), keyId: this.#nextField() };
      case 'list':
        return { type, locators: this.#list(depth) };
      case 'pair': {
        this.#skip('(');
        const locker = this.locator(depth + 1);
        this.#skip(',');
        const macName = this.#element(',)');
        this.#skip(',');
        const locked = this.#element(',)');
        this.#skip(')');
        return { type, locker, macName, locked };
      }
      default:
        throw this.#wrong('the kind of key locator is unknown');
    }
  }

  end(): void {
    if (this.#at !== this.text.length) throw this.#wrong('something follows the end');
  }

  #list(depth: number): KeyLocator[] {
    this.#skip('(');
    const locators = [this.locator(depth + 1)];
    while (this.text[this.#at] === ',') {
      this.#skip(',');
      locators.push(this.locator(depth + 1));
    }
    this.#skip(')');
    return locators;
  }

  #field(): Element {
    return this.#element('/,)');
  }

  #nextField(): Element {
    this.#skip('/');
    return this.#field();
  }

  #element(stops: string): Element {
    const start = this.#at;
    const element = decodeElement(this.#until(stops));
    if (element === undefined) {
      this.#at = start;
      throw this.#wrong('an element is not escaped text');
    }
    return element;
  }

  #until(stops: string): string {
    const start = this.#at;
    while (this.#at < this.text.length && !stops.includes(this.text.charAt(this.#at))) this.#at += 1;
    return this.text.slice(start, this.#at);
  }

  #skip(wanted: string): void {
    if (this.text[this.#at] !== wanted) throw this.#wrong(`"${wanted}" is missing`);
    this.#at += 1;
  }

  #wrong(what: string): Error {
    return bundleTampered(this.file, `${what} (character ${this.#at + 1})`);
  }
}
