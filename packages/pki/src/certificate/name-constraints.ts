import type { DerElement } from '../der-element.js';
import { PkiError } from '../errors.js';
import { attributesIn, type GeneralName, type NameKind, type RelativeName, readGeneralName } from './general-name.js';

/** Which names certificates below an authority may have (RFC 5280 section 4.2.1.10). */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

/** The names of one certificate that rules look at. */
export interface ConstrainedNames {
  readonly subject: readonly RelativeName[];
  readonly alternativeNames: readonly GeneralName[];
}

/** `emailAddress` in a subject; a mail address there obeys the same rules as one among the alternative names. */
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';

/** Kinds whose rules are obeyed here; a rule of another kind that meets a name of its kind refuses it. */
const OBEYED: ReadonlySet<NameKind> = new Set(['dns', 'ip', 'directory', 'email', 'uri']);

/**
 * `SEQUENCE { permittedSubtrees [0], excludedSubtrees [1] }`, each `SEQUENCE OF SEQUENCE { base GeneralName, [0] minimum
 * DEFAULT 0, [1] maximum OPTIONAL }`; minimum and maximum are never used (RFC 5280).
 *
 * @throws PkiError MALFORMED
 */
export function readNameConstraints(element: DerElement): NameConstraints {
  const rules: { permitted: GeneralName[]; excluded: GeneralName[] } = { permitted: [], excluded: [] };
  for (const list of element.childrenOf('sequence')) {
    const kind = ([rules.permitted, rules.excluded] as const)[list.contextTag ?? -1];
    if (kind === undefined) throw new PkiError('MALFORMED', undefined, 'It has a list of an unknown kind.');
    for (const subtree of list.children) {
      const [base, ...bounds] = subtree.childrenOf('sequence');
      const isPlain = bounds.every((bound) => bound.contextTag === 0 && bound.count() === 0);
      if (base === undefined || !isPlain) throw new PkiError('MALFORMED', undefined, 'One of its rules has bounds.');
      kind.push(readGeneralName(base, 'rule'));
    }
  }
  return rules;
}

/**
 * The first name of a certificate that the rules of an authority above it do not allow, as text, or null.
 *
 * A kind with permitted rules allows only names that one of them covers; an excluded rule forbids what it covers.
 */
export function forbiddenName(rules: NameConstraints, names: ConstrainedNames): string | null {
  for (const name of allNames(names)) {
    const ofKind = (list: readonly GeneralName[]) => list.filter(({ kind }) => kind === name.kind);
    const [permitted, excluded] = [ofKind(rules.permitted), ofKind(rules.excluded)];
    if (permitted.length + excluded.length === 0) continue;
    if (!OBEYED.has(name.kind) || !hasHost(name)) return shown(name);
    if (excluded.some((rule) => covers(rule, name))) return shown(name);
    if (permitted.length > 0 && !permitted.some((rule) => covers(rule, name))) return shown(name);
  }
  return null;
}

function allNames({ subject, alternativeNames }: ConstrainedNames): GeneralName[] {
  const mails = attributesIn(subject, EMAIL_ADDRESS).map((text) => nameOf({ kind: 'email', text }));
  const directory = subject.length === 0 ? [] : [nameOf({ kind: 'directory', rdns: subject })];
  return [...directory, ...mails, ...alternativeNames];
}

function nameOf(name: Partial<GeneralName> & Pick<GeneralName, 'kind'>): GeneralName {
  return { text: '', bytes: new Uint8Array(0), rdns: [], ...name };
}

function covers(rule: GeneralName, name: GeneralName): boolean {
  switch (rule.kind) {
    case 'dns':
      return coversDomain(rule.text, name.text, 'itself too');
    case 'email':
      return coversMail(rule.text, name.text);
    case 'uri':
      return coversUri(rule.text, name.text);
    case 'ip':
      return coversAddress(rule.bytes, name.bytes);
    case 'directory':
      return rule.rdns.every((rdn, at) => rdn.join('+') === name.rdns[at]?.join('+'));
    default:
      return false;
  }
}

/**
 * `example.com` covers itself and what ends in `.example.com`; `.example.com` only the latter; the empty rule everything.
 * In a URI or a mail address a rule without a dot in front is one host and nothing below it.
 */
function coversDomain(rule: string, domain: string, bare: 'itself too' | 'itself only'): boolean {
  const [wanted, found] = [rule.toLowerCase(), domain.toLowerCase()];
  if (wanted === '') return true;
  if (wanted.startsWith('.')) return found.length > wanted.length && found.endsWith(wanted);
  return found === wanted || (bare === 'itself too' && found.endsWith(`.${wanted}`));
}

/** A rule is one mailbox, a host, or a domain with a dot in front. The part before `@` keeps its case. */
function coversMail(rule: string, mail: string): boolean {
  const host = mail.slice(mail.lastIndexOf('@') + 1);
  const ruleAt = rule.lastIndexOf('@');
  if (ruleAt < 0) return coversDomain(rule, host, 'itself only');
  // Mail addresses of subjects come here in lower case (general-name.ts); so both are compared without regard to case.
  return mail.toLowerCase() === rule.toLowerCase();
}

/** The host of `scheme://user@host:port/path`. */
function coversUri(rule: string, uri: string): boolean {
  return coversDomain(rule, hostOf(uri) ?? '', 'itself only');
}

function hostOf(uri: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:[\]]+)(?::\d*)?(?:[/?#]|$)/i.exec(uri)?.[1];
}

/** Rules about URIs and mail addresses look at a host; a name without one cannot be judged by them. */
function hasHost({ kind, text }: GeneralName): boolean {
  if (kind === 'uri') return hostOf(text) !== undefined;
  return kind !== 'email' || /@[^@]+$/.test(text);
}

/** Address and mask, one behind the other; they cover no address of the other length. */
function coversAddress(rule: Uint8Array, address: Uint8Array): boolean {
  if (rule.length !== 2 * address.length) return false;
  return address.every((byte, at) => {
    const mask = rule[address.length + at] ?? 0;
    return (byte & mask) === ((rule[at] ?? 0) & mask);
  });
}

function shown({ kind, text, bytes, rdns }: GeneralName): string {
  if (kind === 'ip') return `ip:${bytes.length === 4 ? bytes.join('.') : Buffer.from(bytes).toString('hex')}`;
  if (kind === 'directory') return `its subject (${rdns.length} parts)`;
  return text === '' ? `a name of kind ${kind}` : `${kind}:${text}`;
}
