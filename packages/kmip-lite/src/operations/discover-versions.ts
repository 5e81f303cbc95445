import { asInteger, asStructure, fields } from '../message/fields.js';
import { type ProtocolVersion, sameVersion, supportedVersions } from '../message/protocol-version.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { Tag } from '../spec/tags.generated.js';
import type { Value } from '../ttlv/item.js';
import { integer, item, structure } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** Discover Versions (KMIP 1.1 section 4.26): versions the client knows, none to ask for all. */
export interface DiscoverVersionsRequest {
  readonly versions: readonly ProtocolVersion[];
}

/** Versions of both sides, the server's favourite first; none when they share none. */
export interface DiscoverVersionsResponse {
  readonly versions: readonly ProtocolVersion[];
}

/** Makes a `Protocol Version 420069 { Protocol Version Major 42006a Integer, Protocol Version Minor 42006b Integer }`. */
export const protocolVersion = (version: ProtocolVersion): Value =>
  structure([
    item(Tag.ProtocolVersionMajor, integer(version.major)),
    item(Tag.ProtocolVersionMinor, integer(version.minor)),
  ]);

/** Reads a Protocol Version. */
export const asProtocolVersion = asStructure(
  (reader): ProtocolVersion => ({
    major: reader.required(Tag.ProtocolVersionMajor, asInteger),
    minor: reader.required(Tag.ProtocolVersionMinor, asInteger),
  }),
);

const codec: StructureCodec<{ readonly versions: readonly ProtocolVersion[] }> = {
  encode: ({ versions }) => fields(Tag.ProtocolVersion, versions, protocolVersion),
  decode: (reader) => ({ versions: reader.all(Tag.ProtocolVersion, asProtocolVersion) }),
};

/** Both ways: `{ Protocol Version* }`. */
export const discoverVersionsCodec: OperationCodec<DiscoverVersionsRequest, DiscoverVersionsResponse> = {
  request: codec,
  response: codec,
};

/** The answer of a server that speaks 1.1 and 1.0. */
export function answerDiscoverVersions({ versions }: DiscoverVersionsRequest): DiscoverVersionsResponse {
  if (versions.length === 0) return { versions: supportedVersions };
  return { versions: supportedVersions.filter((ours) => versions.some((theirs) => sameVersion(ours, theirs))) };
}
