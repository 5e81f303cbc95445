import { type CryptographicParameters, CryptographicUsageMask, firstValue, type State } from '@vcryptsim/kmip-lite';
import { standardValue, withValue } from '../objects/attributes.js';
import type { ManagedObject } from '../objects/managed-object.js';
import { KmsError } from '../terms/errors.js';
import { type Call, changeOwnObject, ownObject, refuseArchived } from './operation-context.js';

/** A use of a key by the server for its client: the bit of the usage mask that allows it, and in which states. */
export interface KeyUse {
  readonly mask: keyof typeof CryptographicUsageMask;
  /** To protect (encrypt, sign, make a MAC) or to process what is protected already (KMIP 1.1 section 3.22). */
  readonly purpose: 'protect' | 'process';
  /** Bytes or objects are taken off the Usage Limits by how many bytes are protected. */
  readonly lengthBytes: number;
}

const STATES: Readonly<Record<KeyUse['purpose'], readonly State[]>> = {
  protect: ['Active'],
  process: ['Active', 'Deactivated', 'Compromised'],
};

/**
 * The key that a client may use so, after its Usage Limits were charged, durably, for what it is about to protect.
 *
 * @throws KmsError OBJECT_NOT_FOUND, USER_NOT_OWNER, OBJECT_ARCHIVED, NOT_A_KEY; USE_REFUSED outside its states, its
 *   Process Start and Protect Stop Dates or its usage mask; USAGE_EXHAUSTED, STORE_UNWRITABLE
 */
export async function keyForUse(uniqueIdentifier: string, call: Call, use: KeyUse): Promise<ManagedObject> {
  const object = ownObject(uniqueIdentifier, call);
  check(object, use, call.nowMs);
  if (use.purpose === 'process' || !standardValue(object, 'Usage Limits')) return object;
  return changeOwnObject(uniqueIdentifier, call, (newest) => {
    check(newest, use, call.nowMs);
    const limits = standardValue(newest, 'Usage Limits');
    if (!limits) return {};
    const left = (limits.count ?? limits.total) - (limits.unit === 'Byte' ? BigInt(use.lengthBytes) : 1n);
    if (left < 0n) throw new KmsError('USAGE_EXHAUSTED', 'The usage limits leave less than that.');
    return { attributes: withValue(newest.attributes, 'Usage Limits', { ...limits, count: left }) };
  });
}

function check(object: ManagedObject, use: KeyUse, nowMs: number): void {
  refuseArchived(object);
  if (!object.material || object.form.kind !== 'key') {
    throw new KmsError(object.material ? 'NOT_A_KEY' : 'OBJECT_NOT_FOUND', 'There is no key to use.');
  }
  const refuse = (message: string): never => {
    throw new KmsError('USE_REFUSED', message);
  };
  if (!STATES[use.purpose].includes(object.state)) refuse(`State ${object.state} does not allow ${use.mask}.`);
  const mask = standardValue(object, 'Cryptographic Usage Mask') ?? 0;
  if ((mask & CryptographicUsageMask[use.mask]) === 0)
    refuse(`The Cryptographic Usage Mask does not allow ${use.mask}.`);
  const seconds = nowMs / 1000;
  const stop = standardValue(object, 'Protect Stop Date');
  if (use.purpose === 'protect' && stop !== undefined && stop <= seconds) refuse('The Protect Stop Date is past.');
  const start = standardValue(object, 'Process Start Date');
  if (use.purpose === 'process' && start !== undefined && start > seconds) refuse('The Process Start Date is to come.');
}

/** What the request says of the use, or else the key's own Cryptographic Parameters of the lowest index. */
export function parametersFor(
  asked: CryptographicParameters | undefined,
  object: Pick<ManagedObject, 'attributes'>,
): CryptographicParameters {
  return asked ?? firstValue('Cryptographic Parameters', object.attributes) ?? {};
}

/** Refuses an operation in several parts, which is not served here. Throws KmsError FEATURE_NOT_SUPPORTED. */
export function refuseParts(request: {
  readonly correlationValue?: Uint8Array | undefined;
  readonly initIndicator?: boolean | undefined;
  readonly finalIndicator?: boolean | undefined;
}): void {
  const isWhole = (request.initIndicator ?? true) === (request.finalIndicator ?? true);
  if (request.correlationValue === undefined && isWhole) return;
  throw new KmsError(
    'FEATURE_NOT_SUPPORTED',
    'Correlation Value: an operation is one request here, not several parts.',
  );
}
