import { hash as digest } from 'node:crypto';

/*
 * The audit log: one line of JSON for each answer or refusal, in the order in which they became durable.
 *
 *   {"n":7,"atMs":1795000000000, ...what happened..., "prev":"<hash of line 6>","mark":"...","hash":"<hash of this line>"}
 *
 * `mark` (audit-seal.ts) is of the line's bytes up to the comma before `"mark"`, under a key that comes from the root key:
 * whoever lacks that can write no such line. Lines from before marks were written, and those of a verb that works without
 * the root key, have none. `hash` is the SHA-256 of the line's bytes up to the comma before `"hash"`. `prev` of the first line is 64 zeros. So a
 * line that is changed, taken out or put in breaks the chain from there on; whoever noted the last hash elsewhere also
 * notices that the end was cut off. Keys and key material never stand in a line.
 */

/** What one line says; the chain's own fields are added when it is written. */
export type AuditEntry =
  | {
      readonly event: 'ANSWER';
      readonly node: string;
      readonly client: string;
      readonly items: readonly AuditItem[];
      /** Number of the store's last durable write: what an answer promised stands in the journal up to here. */
      readonly stored: number;
    }
  | {
      readonly event: 'REFUSAL';
      readonly node: string;
      readonly code: string;
      /** SHA-256 of the certificate that was shown, if one was. */
      readonly fingerprintSha256?: string;
      /** How many connections a NO_HANDSHAKE stands for: those that ended while the line before it was being written. */
      readonly count?: number;
    }
  | ({
      /** Names the change of recorded-changes.ts that this line makes count. */
      readonly change?: string;
    } & RegistrationEntry)
  | ({
      /** What an administrator asked for, beside the clients' own answers. */
      readonly event: 'ADMIN';
      readonly action: string;
      readonly keyId?: string;
      readonly client?: string;
    } & AdminOutcome)
  | {
      readonly event: 'RESTORED';
      readonly takenAtMs: number;
      /** Number of the last write in the journal that was restored; absent in lines of older releases. */
      readonly write?: number;
    }
  | { readonly event: 'OPENED'; readonly stored: number; readonly tornBytes: number }
  | { readonly event: 'CLOSED'; readonly stored: number };

/** Who was let in or shut out. */
export type RegistrationEntry =
  | { readonly event: 'CLIENT_ADDED'; readonly client: string; readonly fingerprintSha256: string }
  | { readonly event: 'CLIENT_AUTHORITY_ADDED'; readonly client: string; readonly fingerprintSha256: string }
  | { readonly event: 'CLIENT_PASSWORD_SET'; readonly client: string }
  | { readonly event: 'CLIENT_REVOKED'; readonly client: string }
  | { readonly event: 'FOLLOWER_ADDED'; readonly follower: string; readonly fingerprintSha256: string }
  | { readonly event: 'FOLLOWER_REVOKED'; readonly follower: string };

/** What came of an administrator's request; `stored` as in an answer. */
export type AdminOutcome =
  | { readonly status: 'Success'; readonly stored: number }
  | { readonly status: 'Refused'; readonly code: string; readonly stored: number };

/** One operation of an answer. */
export interface AuditItem {
  readonly operation: string;
  readonly status: string;
  readonly reason?: string;
  readonly uniqueIdentifier?: string;
}

/** Where a chain stands after a line. */
export interface ChainPoint {
  readonly n: number;
  readonly hash: string;
}

/** Where a chain stands before its first line. */
export const CHAIN_START: ChainPoint = { n: 0, hash: '0'.repeat(64) };

/** A line as it was read. */
export interface ReadLine {
  readonly point: ChainPoint;
  readonly prev: string;
  readonly entry: AuditEntry;
  /** Its mark and what that is of; null where there is none. */
  readonly marked: { readonly mark: string; readonly content: string } | null;
}

/**
 * Makes the next line, without its newline, and the point it leads to.
 *
 * @param markOf makes the line's mark; without it the line has none
 */
export function makeLine(
  after: ChainPoint,
  atMs: number,
  entry: AuditEntry,
  markOf?: (content: string) => string,
): { line: string; point: ChainPoint } {
  const n = after.n + 1;
  const content = JSON.stringify({ n, atMs, ...entry, prev: after.hash }).slice(0, -1);
  const open = markOf ? `${content},"mark":"${markOf(content)}"` : content;
  const hash = digest('sha256', open, 'hex');
  return { line: `${open},"hash":"${hash}"}`, point: { n, hash } };
}

/**
 * Reads a line and checks its own hash; whether it follows the line before, and who marked it, is the caller's to check.
 *
 * @returns null when the line is not one of ours, or was changed
 */
export function readLine(line: string): ReadLine | null {
  const at = line.lastIndexOf(',"hash":"');
  if (at < 0) return null;
  try {
    const { n, prev, hash, mark, ...entry } = JSON.parse(line) as AuditEntry &
      ChainPoint & { prev: string; mark?: unknown };
    const isWhole = digest('sha256', line.slice(0, at), 'hex') === hash;
    if (!isWhole || !Number.isSafeInteger(n)) return null;
    const markAt = line.lastIndexOf(',"mark":"', at);
    const marked = typeof mark === 'string' && markAt >= 0 ? { mark, content: line.slice(0, markAt) } : null;
    return { point: { n, hash }, prev, entry: entry as AuditEntry, marked };
  } catch {
    return null;
  }
}
