import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { allAttributes } from '../objects/attributes.js';
import { type OperationContext, ownObject } from './operation-context.js';

/** Get Attribute List (KMIP 1.1 section 4.13): the names of the attributes that the object has, each once. */
export const getAttributeList: OperationHandler<'GetAttributeList', OperationContext> = async (request, call) => {
  const object = ownObject(request.uniqueIdentifier, call);
  const attributeNames = [...new Set(allAttributes(object).map((one) => one.name))];
  return { uniqueIdentifier: object.id, attributeNames };
};
