import type { Attribute } from '@vcryptsim/kmip-lite';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { assert } from '@vcryptsim/ports';
import { withDeleted, withValue } from '../objects/attributes.js';
import { changeOwnObject, type OperationContext } from './operation-context.js';

/** Delete Attribute (KMIP 1.1 section 4.16): answers with what it took off. */
export const deleteAttribute: OperationHandler<'DeleteAttribute', OperationContext> = async (request, call) => {
  let attribute: Attribute | undefined;
  const { id } = await changeOwnObject(request.uniqueIdentifier, call, (object) => {
    const { list, deleted } = withDeleted(object.attributes, request.attributeName, request.attributeIndex);
    attribute = deleted;
    return { attributes: withValue(list, 'Last Change Date', Math.floor(call.nowMs / 1000)) };
  });
  assert(attribute, 'what was deleted is known');
  return { uniqueIdentifier: id, attribute };
};
