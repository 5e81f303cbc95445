import { KMIP_1_4, type ProtocolVersion, sameVersion, supportedVersions } from '../message/protocol-version.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { asProtocolVersion, protocolVersion } from '../message/version-field.js';
import { fields } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import type { OperationCodec } from './operation-codec.js';

/** Discover Versions (KMIP 1.1 section 4.26): versions the client knows, none to ask for all. */
export interface DiscoverVersionsRequest {
  readonly versions: readonly ProtocolVersion[];
}

/** Versions of both sides, the server's favourite first; none when they share none. */
export interface DiscoverVersionsResponse {
  readonly versions: readonly ProtocolVersion[];
}

const codec: StructureCodec<{ readonly versions: readonly ProtocolVersion[] }> = {
  encode: ({ versions }) => fields(Tag.ProtocolVersion, versions, protocolVersion),
  decode: (reader) => ({ versions: reader.all(Tag.ProtocolVersion, asProtocolVersion) }),
};

/** Both ways: `{ Protocol Version* }`. */
export const discoverVersionsCodec: OperationCodec<DiscoverVersionsRequest, DiscoverVersionsResponse> = {
  request: codec,
  response: codec,
};

/** The answer of a server that speaks KMIP 1.0 to `newest`: those of its versions that the client knows. */
export function answerDiscoverVersions(
  { versions }: DiscoverVersionsRequest,
  newest: ProtocolVersion = KMIP_1_4,
): DiscoverVersionsResponse {
  const spoken = supportedVersions.filter((ours) => ours.minor <= newest.minor);
  if (versions.length === 0) return { versions: spoken };
  return { versions: spoken.filter((ours) => versions.some((theirs) => sameVersion(ours, theirs))) };
}
