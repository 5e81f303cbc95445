import { Tag } from '../spec/tags.generated.js';
import type { Value } from '../ttlv/item.js';
import { integer, item, structure } from '../ttlv/values.js';
import type { ProtocolVersion } from './protocol-version.js';
import { asInteger, asStructure } from './read-as.js';

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
