import { activateCodec } from './activate.js';
import { addAttributeCodec } from './add-attribute.js';
import { archiveCodec } from './archive.js';
import { cancelCodec } from './cancel.js';
import { checkCodec } from './check.js';
import { createCodec } from './create.js';
import { createKeyPairCodec } from './create-key-pair.js';
import { decryptCodec } from './decrypt.js';
import { deleteAttributeCodec } from './delete-attribute.js';
import { destroyCodec } from './destroy.js';
import { discoverVersionsCodec } from './discover-versions.js';
import { encryptCodec } from './encrypt.js';
import { getCodec } from './get.js';
import { getAttributeListCodec } from './get-attribute-list.js';
import { getAttributesCodec } from './get-attributes.js';
import { getUsageAllocationCodec } from './get-usage-allocation.js';
import { hashCodec } from './hash.js';
import { locateCodec } from './locate.js';
import { macCodec } from './mac.js';
import { macVerifyCodec } from './mac-verify.js';
import { modifyAttributeCodec } from './modify-attribute.js';
import { obtainLeaseCodec } from './obtain-lease.js';
import type { OperationCodec } from './operation-codec.js';
import { pollCodec } from './poll.js';
import { queryCodec } from './query.js';
import { reKeyCodec } from './re-key.js';
import { reKeyKeyPairCodec } from './re-key-key-pair.js';
import { recoverCodec } from './recover.js';
import { registerCodec } from './register.js';
import { revokeCodec } from './revoke.js';
import { rngRetrieveCodec } from './rng-retrieve.js';
import { rngSeedCodec } from './rng-seed.js';
import { signCodec } from './sign.js';
import { signatureVerifyCodec } from './signature-verify.js';

/** The operations whose payloads we speak. */
export const operationCodecs = {
  Create: createCodec,
  CreateKeyPair: createKeyPairCodec,
  Register: registerCodec,
  ReKey: reKeyCodec,
  ReKeyKeyPair: reKeyKeyPairCodec,
  Locate: locateCodec,
  Check: checkCodec,
  Get: getCodec,
  GetAttributes: getAttributesCodec,
  GetAttributeList: getAttributeListCodec,
  AddAttribute: addAttributeCodec,
  ModifyAttribute: modifyAttributeCodec,
  DeleteAttribute: deleteAttributeCodec,
  ObtainLease: obtainLeaseCodec,
  GetUsageAllocation: getUsageAllocationCodec,
  Activate: activateCodec,
  Revoke: revokeCodec,
  Destroy: destroyCodec,
  Archive: archiveCodec,
  Recover: recoverCodec,
  Query: queryCodec,
  Cancel: cancelCodec,
  Poll: pollCodec,
  DiscoverVersions: discoverVersionsCodec,
  Encrypt: encryptCodec,
  Decrypt: decryptCodec,
  Sign: signCodec,
  SignatureVerify: signatureVerifyCodec,
  MAC: macCodec,
  MACVerify: macVerifyCodec,
  RNGRetrieve: rngRetrieveCodec,
  RNGSeed: rngSeedCodec,
  Hash: hashCodec,
} as const;

/** Name of an operation whose payloads we speak. */
export type SpokenOperation = keyof typeof operationCodecs;
/** Request payload of an operation. */
export type RequestOf<Name extends SpokenOperation> =
  (typeof operationCodecs)[Name] extends OperationCodec<infer Request, infer _> ? Request : never;
/** Response payload of an operation. */
export type ResponseOf<Name extends SpokenOperation> =
  (typeof operationCodecs)[Name] extends OperationCodec<infer _, infer Response> ? Response : never;

/** Codec of an operation, with its types. */
export function operationCodec<Name extends SpokenOperation>(
  name: Name,
): OperationCodec<RequestOf<Name>, ResponseOf<Name>> {
  return operationCodecs[name] as unknown as OperationCodec<RequestOf<Name>, ResponseOf<Name>>;
}

/** Says whether we speak an operation's payloads. */
export function isSpoken(name: string): name is SpokenOperation {
  return Object.hasOwn(operationCodecs, name);
}
