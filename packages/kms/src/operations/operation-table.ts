import { answerDiscoverVersions, type SpokenOperation } from '@vcryptsim/kmip-lite';
import type { OperationHandler, OperationTable } from '@vcryptsim/kmip-lite/server';
import { activate } from './activate.js';
import { addAttribute } from './add-attribute.js';
import { archive, recover } from './archive.js';
import { check } from './check.js';
import { create } from './create.js';
import { createKeyPair } from './create-key-pair.js';
import { decrypt } from './decrypt.js';
import { deleteAttribute } from './delete-attribute.js';
import { destroy } from './destroy.js';
import { encrypt } from './encrypt.js';
import { get } from './get.js';
import { getAttributeList } from './get-attribute-list.js';
import { getAttributes } from './get-attributes.js';
import { getUsageAllocation } from './get-usage-allocation.js';
import { hash } from './hash.js';
import { locate } from './locate.js';
import { mac } from './mac.js';
import { macVerify } from './mac-verify.js';
import { modifyAttribute } from './modify-attribute.js';
import { obtainLease } from './obtain-lease.js';
import type { OperationContext } from './operation-context.js';
import { cancel, poll } from './poll.js';
import { queryOf } from './query.js';
import { reKey } from './re-key.js';
import { reKeyKeyPair } from './re-key-key-pair.js';
import { register } from './register.js';
import { asKmipError } from './result-reason.js';
import { revoke } from './revoke.js';
import { rngRetrieve, rngSeed } from './rng.js';
import { sign } from './sign.js';
import { signatureVerify } from './signature-verify.js';

/** What this key server serves. Query tells the same; everything else is answered with Operation Not Supported. */
export function operationTable(): OperationTable<OperationContext> {
  const table: OperationTable<OperationContext> = {
    Create: answering(create),
    Get: answering(get),
    GetAttributes: answering(getAttributes),
    AddAttribute: answering(addAttribute),
    Activate: answering(activate),
    CreateKeyPair: answering(createKeyPair),
    Register: answering(register),
    ReKey: answering(reKey),
    ReKeyKeyPair: answering(reKeyKeyPair),
    Revoke: answering(revoke),
    Destroy: answering(destroy),
    Locate: answering(locate),
    Check: answering(check),
    GetAttributeList: answering(getAttributeList),
    ModifyAttribute: answering(modifyAttribute),
    DeleteAttribute: answering(deleteAttribute),
    ObtainLease: answering(obtainLease),
    GetUsageAllocation: answering(getUsageAllocation),
    Archive: answering(archive),
    Recover: answering(recover),
    Poll: answering(poll),
    Cancel: answering(cancel),
    Encrypt: answering(encrypt),
    Decrypt: answering(decrypt),
    Sign: answering(sign),
    SignatureVerify: answering(signatureVerify),
    MAC: answering(mac),
    MACVerify: answering(macVerify),
    RNGRetrieve: answering(rngRetrieve),
    RNGSeed: answering(rngSeed),
    Hash: answering(hash),
    Query: queryOf(() => table),
    DiscoverVersions: async (request, { newestVersion }) => answerDiscoverVersions(request, newestVersion),
  };
  return table;
}

/** Turns refusals into what the client is told. */
function answering<Name extends SpokenOperation>(
  handler: OperationHandler<Name, OperationContext>,
): OperationHandler<Name, OperationContext> {
  return async (request, call) => {
    try {
      return await handler(request, call);
    } catch (error) {
      throw asKmipError(error);
    }
  };
}
