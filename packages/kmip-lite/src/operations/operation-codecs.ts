import { activateCodec } from './activate.js';
import { addAttributeCodec } from './add-attribute.js';
import { createCodec } from './create.js';
import { discoverVersionsCodec } from './discover-versions.js';
import { getCodec } from './get.js';
import { getAttributesCodec } from './get-attributes.js';
import type { OperationCodec } from './operation-codec.js';
import { pollCodec } from './poll.js';
import { queryCodec } from './query.js';

/** The operations whose payloads we speak. */
export const operationCodecs = {
  Create: createCodec,
  Get: getCodec,
  GetAttributes: getAttributesCodec,
  AddAttribute: addAttributeCodec,
  Activate: activateCodec,
  Query: queryCodec,
  Poll: pollCodec,
  DiscoverVersions: discoverVersionsCodec,
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
