import { RevocationReasonCode } from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import type { BackupReport } from '../backup/backup-report.js';
import type { ClusterStatus } from '../cluster/cluster-status.js';
import type { ClientName } from '../terms/client-name.js';
import { KmsError } from '../terms/errors.js';
import type { KeyDescription, KeySummary } from './key-summary.js';

/** What an administrator may ask for, with the answer. Nothing here gives or takes key bytes. */
export interface AdminActions {
  'key.list': { readonly asks: object; readonly answer: readonly KeySummary[] };
  'key.show': { readonly asks: OneKey; readonly answer: KeyDescription };
  'key.activate': { readonly asks: OneKey; readonly answer: KeySummary };
  'key.revoke': { readonly asks: OneKey & Revocation; readonly answer: KeySummary };
  'key.destroy': { readonly asks: OneKey; readonly answer: KeySummary };
  'key.archive': { readonly asks: OneKey; readonly answer: KeySummary };
  'key.recover': { readonly asks: OneKey; readonly answer: KeySummary };
  'client.add': { readonly asks: NewClient; readonly answer: { readonly client: ClientName } };
  'client.authority': { readonly asks: NewClient; readonly answer: { readonly client: ClientName } };
  'client.password': { readonly asks: OneClient & Password; readonly answer: { readonly client: ClientName } };
  'client.revoke': { readonly asks: OneClient; readonly answer: { readonly closedConnections: number } };
  'follower.add': { readonly asks: NewClient; readonly answer: { readonly follower: ClientName } };
  'follower.revoke': { readonly asks: OneClient; readonly answer: { readonly closedConnections: number } };
  status: { readonly asks: object; readonly answer: ClusterStatus };
  backup: { readonly asks: { readonly out: string }; readonly answer: BackupReport };
}

interface OneKey {
  readonly id: KeyId;
}

interface Revocation {
  readonly reason: RevocationReasonCode;
  readonly message?: string;
}

interface OneClient {
  readonly name: string;
}

interface NewClient extends OneClient {
  /** DER in base64 of its certificate, or of its authority's. */
  readonly certificate: string;
}

interface Password {
  /** Content of a password file (client-password.ts) in base64: the password itself stays where it is. */
  readonly record: string;
}

/** The name of an action. */
export type AdminAction = keyof AdminActions;

/** One request of an administrator. */
export type AdminRequest<Action extends AdminAction = AdminAction> = {
  [Each in Action]: { readonly action: Each } & AdminActions[Each]['asks'];
}[Action];

/** The answer to a request. */
export type AdminAnswer<Action extends AdminAction = AdminAction> = AdminActions[Action]['answer'];

/** Does what an administrator asks: in this process, or at the other end of `DIR/admin.sock`. */
export interface Administrator {
  /** @throws KmsError when the action is refused; NetworkError when the other end went away */
  perform<Action extends AdminAction>(request: AdminRequest<Action>): Promise<AdminAnswer<Action>>;
}

/** Fields of each action: all are texts, and all are needed but those that end in a question mark. */
const FIELDS: Readonly<Record<AdminAction, readonly string[]>> = {
  'key.list': [],
  'key.show': ['id'],
  'key.activate': ['id'],
  'key.revoke': ['id', 'reason', 'message?'],
  'key.destroy': ['id'],
  'key.archive': ['id'],
  'key.recover': ['id'],
  'client.add': ['name', 'certificate'],
  'client.authority': ['name', 'certificate'],
  'client.password': ['name', 'record'],
  'client.revoke': ['name'],
  'follower.add': ['name', 'certificate'],
  'follower.revoke': ['name'],
  status: [],
  backup: ['out'],
};

/**
 * Reads a request that came over the socket.
 *
 * @throws KmsError ADMIN_REQUEST_INVALID
 */
export function parseAdminRequest(line: string): AdminRequest {
  const fields = asRecord(line);
  const { action, ...rest } = fields;
  if (typeof action !== 'string' || !isAction(action)) throw invalid('It has no action.');
  const known = FIELDS[action].map((field) => field.replace('?', ''));
  const wrong =
    FIELDS[action].find((field) => !isGiven(rest, field)) ?? Object.keys(rest).find((field) => !known.includes(field));
  if (wrong !== undefined) throw invalid(`${action} has no valid field ${wrong}.`);
  const { reason } = rest;
  if (typeof reason === 'string' && !Object.hasOwn(RevocationReasonCode, reason)) throw invalid('It has no reason.');
  return fields as unknown as AdminRequest;
}

function asRecord(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw invalid('It is not a JSON object.');
}

function isAction(text: string): text is AdminAction {
  return Object.hasOwn(FIELDS, text);
}

function isGiven(fields: Readonly<Record<string, unknown>>, field: string): boolean {
  const value = fields[field.replace('?', '')];
  return typeof value === 'string' || (value === undefined && field.endsWith('?'));
}

function invalid(reason: string): KmsError {
  return new KmsError('ADMIN_REQUEST_INVALID', `The key server does not understand the request. ${reason}`);
}
