import { type AddAttributeRequest, type AddAttributeResponse, addAttributeCodec } from './add-attribute.js';
import type { OperationCodec } from './operation-codec.js';

/** Modify Attribute (KMIP 1.1 section 4.15): the attribute with its index (0 if missing) and its new value. */
export type ModifyAttributeRequest = AddAttributeRequest;
/** The attribute as it is now. */
export type ModifyAttributeResponse = AddAttributeResponse;

/** Both ways: `{ Unique Identifier 420094 (optional in the request), Attribute 420008 }`. */
export const modifyAttributeCodec: OperationCodec<ModifyAttributeRequest, ModifyAttributeResponse> = addAttributeCodec;
