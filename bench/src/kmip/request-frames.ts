import {
  CryptographicAlgorithm,
  CryptographicUsageMask,
  encodeTtlv,
  enumeration,
  type Item,
  integer,
  item,
  ObjectType,
  Operation,
  structure,
  Tag,
  text,
} from '@vcryptsim/kmip-lite';

/** `Discover Versions` with an empty payload: the first frame of every connection of a vCenter. */
export function discoverVersionsFrame(): Uint8Array {
  return frame(Operation.DiscoverVersions, []);
}

/** `Create` of an AES-256 key, attributes in vCenter's order (facts/kmip.md part 2). */
export function createFrame(): Uint8Array {
  const attributes = [
    attribute('Cryptographic Algorithm', enumeration(CryptographicAlgorithm.AES)),
    attribute('Cryptographic Usage Mask', integer(CryptographicUsageMask.Encrypt | CryptographicUsageMask.Decrypt)),
    attribute('Cryptographic Length', integer(256)),
  ];
  return frame(Operation.Create, [
    item(Tag.ObjectType, enumeration(ObjectType.SymmetricKey)),
    item(Tag.TemplateAttribute, structure(attributes)),
  ]);
}

/** `Get` by identifier only. */
export function getFrame(keyId: string): Uint8Array {
  return frame(Operation.Get, [item(Tag.UniqueIdentifier, text(keyId))]);
}

/** `Get Attributes` of the State. */
export function getStateFrame(keyId: string): Uint8Array {
  return frame(Operation.GetAttributes, [
    item(Tag.UniqueIdentifier, text(keyId)),
    item(Tag.AttributeName, text('State')),
  ]);
}

function attribute(name: string, value: ReturnType<typeof integer>): Item {
  return item(Tag.Attribute, structure([item(Tag.AttributeName, text(name)), item(Tag.AttributeValue, value)]));
}

/** One request under a 1.1 header with one batch item. */
function frame(operation: number, payload: readonly Item[]): Uint8Array {
  const version = structure([item(Tag.ProtocolVersionMajor, integer(1)), item(Tag.ProtocolVersionMinor, integer(1))]);
  const header = structure([item(Tag.ProtocolVersion, version), item(Tag.BatchCount, integer(1))]);
  const batchItem = structure([
    item(Tag.Operation, enumeration(operation)),
    item(Tag.RequestPayload, structure(payload)),
  ]);
  return encodeTtlv(
    item(Tag.RequestMessage, structure([item(Tag.RequestHeader, header), item(Tag.BatchItem, batchItem)])),
  );
}
