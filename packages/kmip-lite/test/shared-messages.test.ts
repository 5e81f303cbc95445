import {
  type Attribute,
  attribute,
  attributeValue,
  decodeTtlv,
  encodeTtlv,
  type Item,
  isStandard,
  KmipError,
  Tag,
} from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { attributeCodec } from '../src/attributes/attribute.js';
import { FieldReader } from '../src/message/field-reader.js';
import { readRequest, requestTree } from '../src/message/request-message.js';
import { readResponse, responseTree } from '../src/message/response-message.js';
import { enumerationName } from '../src/message/tag-names.js';
import { isSpoken, operationCodec } from '../src/operations/operation-codecs.js';
import { Operation } from '../src/spec/enumerations.generated.js';
import { toHex } from './support/hex.js';
import { capturedMessages, oasisMessages, type SharedMessage } from './support/shared-messages.js';

/** Reads every payload by its operation's types and writes it again; payloads of others stay as they are. */
function throughTypes(name: string, direction: 'request' | 'response', payload: readonly Item[]): readonly Item[] {
  if (!isSpoken(name)) return payload;
  const codec = operationCodec(name)[direction];
  const reader = new FieldReader(payload, name, { major: 1, minor: 1 });
  const value = codec.decode(reader);
  reader.end();
  return (codec.encode as (value: unknown) => Item[])(value);
}

function rewritten({ kind, bytes }: SharedMessage): Uint8Array {
  const tree = decodeTtlv(bytes);
  if (kind === 'request') {
    const { header, items } = readRequest(tree);
    const through = items.map((one) => ({
      ...one,
      payload: throughTypes(enumerationName(Operation, one.operation) ?? '', kind, one.payload ?? []),
    }));
    return encodeTtlv(requestTree({ header, items: through }));
  }
  const response = readResponse(tree);
  const through = response.items.map((one) => ({
    ...one,
    payload: one.payload && throughTypes(enumerationName(Operation, one.operation ?? 0) ?? '', kind, one.payload),
  }));
  return encodeTtlv(responseTree({ ...response, items: through }));
}

/** Captured messages that our types must not take, or must not give back whole. */
const refused: readonly string[] = [
  'kmip2.0.create-get-attributes.1 request',
  'kmip2.0.create-get-attributes.2 request',
  'kmip2.0.create-get-attributes.2 response',
  'raw.version-9.9 request',
  'raw.batch-count-mismatch request',
];

/** All Attribute structures of a message, wherever they stand. */
function attributesIn(root: Item): Attribute[] {
  if (root.type !== 'Structure') return [];
  if (root.tag !== Tag.Attribute) return root.items.flatMap(attributesIn);
  const reader = new FieldReader(root.items, 'Attribute', { major: 1, minor: 1 });
  return [attributeCodec.decode(reader)];
}

const sources = [
  ['oasis-1.0.json', 884, () => oasisMessages('oasis-1.0.json')],
  ['oasis-1.1-part.json', 344, () => oasisMessages('oasis-1.1-part.json')],
  ['pykmip-captures.json', 166, capturedMessages],
] as const;

describe.each(sources)('the messages of %s', (file, count, load) => {
  const messages = load();
  if (messages === null) {
    it('are not at hand', () => leftOut(`kmip-lite ${file}`, 'the shared test material is not beside this checkout'));
    return;
  }

  it('are all there', () => expect(messages.length).toBe(count));

  it('decode, and encode to the same bytes', () => {
    for (const { name, bytes } of messages) expect(toHex(encodeTtlv(decodeTtlv(bytes))), name).toBe(toHex(bytes));
  });

  it('encode to the same bytes from the types of their operations', () => {
    const differing: string[] = [];
    for (const message of messages) {
      try {
        if (toHex(rewritten(message)) !== toHex(message.bytes)) differing.push(message.name);
      } catch (error) {
        if (!(error instanceof KmipError)) throw error;
        differing.push(message.name);
      }
    }
    expect(differing).toEqual(file === 'pykmip-captures.json' ? refused : []);
  });

  it('hold attributes whose values go through their types and come back', () => {
    const seen = new Set<string>();
    for (const { name: message, bytes } of messages) {
      for (const found of attributesIn(decodeTtlv(bytes))) {
        const { name, index } = found;
        if (!isStandard(name)) continue;
        const again = attribute(name, attributeValue(name, found), index);
        expect(again.value, `${message}: ${name}`).toEqual(found.value);
        seen.add(name);
      }
    }
    expect(seen.size).toBeGreaterThanOrEqual(9);
  });
});
