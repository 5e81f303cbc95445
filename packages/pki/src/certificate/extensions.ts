import { DerElement } from '../der-element.js';
import { PkiError } from '../errors.js';
import { type GeneralName, readGeneralName } from './general-name.js';
import { type NameConstraints, readNameConstraints } from './name-constraints.js';

/** What the extensions of a certificate say (RFC 5280 section 4.2.1), read whole. */
export interface CertificateExtensions {
  readonly alternativeNames: readonly GeneralName[];
  /** Object identifiers of its extended key usage; null when it has none, which allows everything. */
  readonly extendedKeyUsage: readonly string[] | null;
  /** How many intermediates may be below this authority; no limit is infinite. */
  readonly roomBelow: number;
  readonly nameConstraints: NameConstraints | null;
  /** Critical extensions that nobody here obeys, by object identifier. */
  readonly notUnderstood: readonly string[];
}

type Reader = (element: DerElement) => unknown;

/**
 * Extensions that are taken into account here or in node:crypto, each with what it takes to read it. Policies are taken
 * as they are: whoever asks for none accepts all (RFC 5280 section 6.1.1, any-policy), as OpenSSL does.
 */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['2.5.29.14', (element) => element.primitive('octetString')], // subject key identifier
  ['2.5.29.15', readKeyUsage],
  ['2.5.29.17', readNames], // subject alternative name
  ['2.5.29.18', readNames], // issuer alternative name
  ['2.5.29.19', readBasicConstraints],
  ['2.5.29.30', readNameConstraints],
  ['2.5.29.32', readPolicies],
  ['2.5.29.33', readPolicyMappings],
  ['2.5.29.35', readAuthorityKeyIdentifier],
  ['2.5.29.36', readPolicyConstraints],
  ['2.5.29.37', readUsages],
  ['2.5.29.54', (element) => element.count()], // inhibit any-policy
]);

/** May be critical, is understood, and asks nothing of a judge that consults no list of revoked certificates. */
const WITHOUT_CONSEQUENCE: ReadonlySet<string> = new Set(['2.5.29.31']);

/**
 * Reads all extensions, at once: nothing is left to be read, and to fail, later.
 *
 * @param list SEQUENCE OF Extension
 * @throws PkiError MALFORMED naming the extension
 */
export function readExtensions(list: DerElement): CertificateExtensions {
  const found = new Map<string, unknown>();
  const notUnderstood: string[] = [];
  for (const element of list.childrenOf('sequence')) {
    const { type, isCritical, value } = readExtension(element);
    if (found.has(type)) throw new PkiError('MALFORMED', undefined, `It has extension ${type} twice.`);
    const reader = READERS.get(type);
    if (reader === undefined && isCritical && !WITHOUT_CONSEQUENCE.has(type)) notUnderstood.push(type);
    found.set(type, reader === undefined ? null : decoded(type, value, reader));
  }
  return {
    alternativeNames: (found.get('2.5.29.17') ?? []) as readonly GeneralName[],
    extendedKeyUsage: (found.get('2.5.29.37') ?? null) as readonly string[] | null,
    roomBelow: (found.get('2.5.29.19') ?? Number.POSITIVE_INFINITY) as number,
    nameConstraints: (found.get('2.5.29.30') ?? null) as NameConstraints | null,
    notUnderstood,
  };
}

/** A certificate of version 1 has none. */
export const NO_EXTENSIONS: CertificateExtensions = {
  alternativeNames: [],
  extendedKeyUsage: null,
  roomBelow: Number.POSITIVE_INFINITY,
  nameConstraints: null,
  notUnderstood: [],
};

/** `Extension SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }` */
function readExtension(element: DerElement): { type: string; isCritical: boolean; value: Uint8Array } {
  const [id, ...rest] = element.childrenOf('sequence');
  const critical = rest[0]?.is('boolean') ? rest.shift() : undefined;
  const [value, ...more] = rest;
  if (id === undefined || value === undefined || more.length > 0) {
    throw new PkiError('MALFORMED', undefined, 'One of its extensions cannot be read.');
  }
  const isCritical = critical?.boolean() ?? false;
  return { type: id.objectIdentifier(), isCritical, value: value.primitive('octetString') };
}

function decoded(type: string, value: Uint8Array, read: Reader): unknown {
  try {
    return read(DerElement.read(value, `extension ${type}`));
  } catch (error) {
    const detail = error instanceof PkiError ? (error.detail ?? '') : '';
    throw new PkiError('MALFORMED', undefined, `Its extension ${type} cannot be read. ${detail}`.trimEnd());
  }
}

function readNames(element: DerElement): GeneralName[] {
  return element.childrenOf('sequence').map((name) => readGeneralName(name, 'name'));
}

/** BIT STRING; the first byte counts the bits of the last one that are not used. */
function readKeyUsage(element: DerElement): void {
  const [unused = 8, ...bits] = element.primitive('bitString');
  if (unused > 7 || (unused > 0 && bits.length === 0)) throw new PkiError('MALFORMED');
}

/** `SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }`; answers the room below. */
function readBasicConstraints(element: DerElement): number {
  const fields = element.childrenOf('sequence');
  const isAuthority = fields[0]?.is('boolean') ? fields.shift()?.boolean() : false;
  const length = fields.shift()?.count();
  if (fields.length > 0) throw new PkiError('MALFORMED');
  return isAuthority && length !== undefined ? length : Number.POSITIVE_INFINITY;
}

function readUsages(element: DerElement): string[] {
  return element.childrenOf('sequence').map((usage) => usage.objectIdentifier());
}

/** `SEQUENCE OF SEQUENCE { policyIdentifier, policyQualifiers SEQUENCE OPTIONAL }` */
function readPolicies(element: DerElement): void {
  for (const policy of element.childrenOf('sequence')) {
    const [id, qualifiers, ...more] = policy.childrenOf('sequence');
    id?.objectIdentifier();
    qualifiers?.childrenOf('sequence');
    if (id === undefined || more.length > 0) throw new PkiError('MALFORMED');
  }
}

function readPolicyMappings(element: DerElement): void {
  for (const mapping of element.childrenOf('sequence')) {
    const policies = mapping.childrenOf('sequence').map((policy) => policy.objectIdentifier());
    if (policies.length !== 2) throw new PkiError('MALFORMED');
  }
}

function readPolicyConstraints(element: DerElement): void {
  for (const field of element.childrenOf('sequence')) {
    if (field.contextTag !== 0 && field.contextTag !== 1) throw new PkiError('MALFORMED');
    field.count();
  }
}

/** `SEQUENCE { [0] keyIdentifier, [1] authorityCertIssuer, [2] authorityCertSerialNumber }`, each optional. */
function readAuthorityKeyIdentifier(element: DerElement): void {
  for (const field of element.childrenOf('sequence')) {
    const tag = field.contextTag;
    if (tag === null || tag > 2 || field.isConstructed !== (tag === 1)) throw new PkiError('MALFORMED');
    if (tag === 1) for (const name of field.children) readGeneralName(name, 'name');
  }
}
