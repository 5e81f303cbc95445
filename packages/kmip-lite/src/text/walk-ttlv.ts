import { isStandard } from '../attributes/attribute.js';
import { standardAttributes } from '../spec/attributes.generated.js';
import { type ItemType, Tag } from '../spec/tags.generated.js';
import { itemTypeOf } from '../ttlv/item.js';
import { HEAD_BYTES, paddedBytes } from '../ttlv/reader.js';
import { textOf } from '../ttlv/values.js';

/** An item as it lies in a message's bytes. */
export interface WalkedItem {
  readonly tag: number;
  readonly type: ItemType;
  /** What the value means: the tag itself, or for an Attribute Value the tag of the attribute named before it. */
  readonly meaning: number;
  /** Structures around it. */
  readonly depth: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** The value without padding; a view. */
  readonly value: Uint8Array;
  /** Not to be shown, nor anything inside it. */
  readonly redacted: boolean;
  /** Of a structure: how many of the bytes that it counts are not in what is around it. 0 when it is whole. */
  readonly missingBytes: number;
}

/** Where bytes stop being items. Nothing from there on is shown. */
export interface Unreadable {
  readonly unreadable: true;
  readonly offsetBytes: number;
  readonly depth: number;
  /** The item whose value is not all there: its head could still be read. */
  readonly head: { readonly tag: number; readonly type: ItemType; readonly lengthBytes: number } | null;
}

/** Byte strings that are no secret. All others, and every number of any length, may hold a key and are not shown. */
const shownBytes: ReadonlySet<number> = new Set([
  Tag.UniqueBatchItemID,
  Tag.AsynchronousCorrelationValue,
  Tag.DigestValue,
  Tag.CertificateValue,
  Tag.CertificateSerialNumber,
  Tag.IssuerDistinguishedName,
  Tag.SubjectDistinguishedName,
  Tag.IssuerAlternativeName,
  Tag.SubjectAlternativeName,
  Tag.IVCounterNonce,
]);
/** Hidden with everything in them. */
const secrets: ReadonlySet<number> = new Set([Tag.KeyMaterial, Tag.Password, Tag.OpaqueDataValue, Tag.Data]);

function isSecret(tag: number, type: ItemType): boolean {
  return secrets.has(tag) || type === 'BigInteger' || (type === 'ByteString' && !shownBytes.has(tag));
}

interface OpenStructure {
  readonly endBytes: number;
  readonly redacted: boolean;
  attributeTag?: number;
}

/** Type of the item whose head stands there; undefined where no tag of KMIP stands: those bytes may be anything. */
function typeAt(view: DataView, offset: number): ItemType | undefined {
  const prefix = view.getUint8(offset);
  return prefix === 0x42 || prefix === 0x54 ? itemTypeOf(view.getUint8(offset + 3)) : undefined;
}

/**
 * Goes through a message's items in order, as far as they can be read. Less strict than the reader, so that a broken
 * message can be looked at: a structure that counts more bytes than there are around it is gone through to where they
 * end. Iterative.
 */
export function* walkTtlv(bytes: Uint8Array): Generator<WalkedItem | Unreadable> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const open: OpenStructure[] = [{ endBytes: bytes.length, redacted: false }];
  let offset = 0;
  for (let around = open.at(-1); around !== undefined; around = open.at(-1)) {
    if (offset >= around.endBytes) {
      open.pop();
      continue;
    }
    const depth = open.length - 1;
    const type = around.endBytes - offset < HEAD_BYTES ? undefined : typeAt(view, offset);
    if (type === undefined) {
      yield { unreadable: true, offsetBytes: offset, depth, head: null };
      return;
    }
    const saidBytes = view.getUint32(offset + 4);
    const valueAt = offset + HEAD_BYTES;
    const tag = view.getUint32(offset) >>> 8;
    const lengthBytes = type === 'Structure' ? Math.min(saidBytes, around.endBytes - valueAt) : saidBytes;
    if (lengthBytes > around.endBytes - valueAt) {
      yield { unreadable: true, offsetBytes: offset, depth, head: { tag, type, lengthBytes } };
      return;
    }
    const missingBytes = saidBytes - lengthBytes;
    const value = bytes.subarray(valueAt, valueAt + lengthBytes);
    const redacted = around.redacted || isSecret(tag, type);
    const meaning = tag === Tag.AttributeValue ? (around.attributeTag ?? tag) : tag;
    yield { tag, type, meaning, depth, offsetBytes: offset, lengthBytes, value, redacted, missingBytes };
    if (tag === Tag.AttributeName && type === 'TextString') {
      const name = textOf(value);
      if (isStandard(name)) around.attributeTag = standardAttributes[name].tag;
    }
    if (type === 'Structure') open.push({ endBytes: valueAt + lengthBytes, redacted });
    // Of the last value the padding may be cut.
    offset = type === 'Structure' ? valueAt : Math.min(valueAt + paddedBytes(lengthBytes), around.endBytes);
  }
}
