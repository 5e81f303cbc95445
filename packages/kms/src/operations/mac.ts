import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { macOf } from '../cryptography/macs.js';
import type { OperationContext } from './operation-context.js';
import { keyForUse, parametersFor, refuseParts } from './use-key.js';

/** MAC (KMIP 1.2 section 4.33): an HMAC, in one part. */
export const mac: OperationHandler<'MAC', OperationContext> = async (request, call) => {
  refuseParts(request);
  const { data = new Uint8Array(), uniqueIdentifier } = request;
  const use = { mask: 'MACGenerate', purpose: 'protect', lengthBytes: data.length } as const;
  const object = await keyForUse(uniqueIdentifier, call, use);
  const macData = macOf(object, parametersFor(request.cryptographicParameters, object), data);
  return { uniqueIdentifier: object.id, macData };
};
