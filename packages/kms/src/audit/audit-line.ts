import { createHash } from 'node:crypto';

/*
 * The audit log: one line of JSON for each answer or refusal, in the order in which they became durable.
 *
 *   {"n":7,"atMs":1795000000000, ...what happened..., "prev":"<hash of line 6>","hash":"<hash of this line>"}
 *
 * `hash` is the SHA-256 of the line's bytes up to the comma before `"hash"`. `prev` of the first line is 64 zeros. So a
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
  | { readonly event: 'RESTORED'; readonly takenAtMs: number }
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

/** Makes the next line, without its newline, and the point it leads to. */
export function makeLine(after: ChainPoint, atMs: number, entry: AuditEntry): { line: string; point: ChainPoint } {
  const n = after.n + 1;
  const open = JSON.stringify({ n, atMs, ...entry, prev: after.hash }).slice(0, -1);
  const hash = createHash('sha256').update(open).digest('hex');
  return { line: `${open},"hash":"${hash}"}`, point: { n, hash } };
}

/**
 * Reads a line and checks its own hash; whether it follows the line before is the caller's to compare.
 *
 * @returns null when the line is not one of ours, or was changed
 */
export function readLine(line: string): { point: ChainPoint; prev: string; entry: AuditEntry } | null {
  const at = line.lastIndexOf(',"hash":"');
  if (at < 0) return null;
  try {
    const { n, prev, hash, ...entry } = JSON.parse(line) as AuditEntry & ChainPoint & { prev: string };
    const isWhole = createHash('sha256').update(line.slice(0, at)).digest('hex') === hash;
    return isWhole && Number.isSafeInteger(n) ? { point: { n, hash }, prev, entry: entry as AuditEntry } : null;
  } catch {
    return null;
  }
}
