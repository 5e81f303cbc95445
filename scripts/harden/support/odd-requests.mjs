// Odd requests for every operation that the server speaks, whole messages of them, and mutations.
import { kmip, OddValues, STANDARD } from './odd-values.mjs';

const { operationCodec } = await import(
  new URL('../../../packages/kmip-lite/dist/operations/operation-codecs.js', import.meta.url).href
);
const { requestTree } = await import(
  new URL('../../../packages/kmip-lite/dist/message/request-message.js', import.meta.url).href
);
const { encodeTtlv, item, Operation, Tag, BatchErrorContinuationOption } = kmip;
const TAGS = Object.values(Tag);
const FORMATS = Object.keys(kmip.KeyFormatType);
const ITEMS_MAX = 48;

/** A payload of each operation. */
function payloads(odd) {
  const { chance } = odd;
  const one = () => ({ uniqueIdentifier: odd.id() });
  const wrapping = () => ({
    uniqueIdentifier: odd.id(),
    cryptographicParameters: chance.sometimes(0.8, () => ({ blockCipherMode: chance.pick(['NISTKeyWrap', 'CBC']) })),
  });
  const pairOf = () =>
    chance.next() < 0.7
      ? [
          kmip.attribute('Cryptographic Algorithm', chance.pick(['ECDSA', 'ECDH'])),
          kmip.attribute('Cryptographic Length', 256),
        ]
      : [
          kmip.attribute('Cryptographic Algorithm', chance.pick(['AES', 'DSA', 'ECMQV'])),
          kmip.attribute('Cryptographic Length', odd.number()),
        ];
  return {
    Create: () => ({
      objectType: chance.next() < 0.9 ? 'SymmetricKey' : chance.pick(['PublicKey', 'Template']),
      templateAttribute: odd.template(chance.next() < 0.9 ? odd.aes() : []),
    }),
    Register: () => ({
      object: odd.object(),
      templateAttribute: odd.template(
        chance.next() < 0.7
          ? [
              kmip.attribute('Cryptographic Usage Mask', 0x1c),
              kmip.attribute('Cryptographic Parameters', { blockCipherMode: 'NISTKeyWrap' }),
            ]
          : [],
      ),
    }),
    CreateKeyPair: () => ({ common: odd.template(pairOf()), privateKey: chance.sometimes(0.3, () => odd.template()) }),
    ReKey: () => ({
      ...one(),
      offset: chance.sometimes(0.4, () => chance.pick([0, 1, 3600, 2 ** 32 - 1])),
      templateAttribute: odd.template(),
    }),
    ReKeyKeyPair: () => ({ ...one(), offset: chance.sometimes(0.4, () => 1), common: odd.template() }),
    Get: () => ({
      ...one(),
      keyFormatType: chance.sometimes(0.5, () => chance.pick(FORMATS)),
      keyCompressionType: chance.sometimes(0.02, () => 'ECPublicKeyTypeUncompressed'),
      keyWrappingSpecification: chance.sometimes(0.4, () => ({
        wrappingMethod: chance.pick(['Encrypt', 'Encrypt', 'MACSign']),
        encryptionKeyInformation: chance.sometimes(0.95, wrapping),
        macSignatureKeyInformation: chance.sometimes(0.05, wrapping),
        attributeNames: chance.sometimes(0.3, () => [chance.pick(STANDARD), odd.text()]),
        encodingOption: chance.sometimes(0.7, () => chance.pick(['NoEncoding', 'TTLVEncoding'])),
      })),
    }),
    GetAttributes: () => ({
      ...one(),
      attributeNames: chance.several(3, () => (chance.next() < 0.7 ? chance.pick(STANDARD) : odd.text())),
    }),
    GetAttributeList: one,
    AddAttribute: () => ({ ...one(), attribute: odd.attribute() }),
    ModifyAttribute: () => ({ ...one(), attribute: odd.attribute() }),
    DeleteAttribute: () => ({
      ...one(),
      attributeName: chance.next() < 0.8 ? chance.pick(STANDARD) : odd.text(),
      attributeIndex: chance.sometimes(0.3, () => chance.below(3)),
    }),
    Activate: one,
    Revoke: () => ({
      ...one(),
      revocationReason: {
        code: chance.pick(['Unspecified', 'KeyCompromise', 'CACompromise', 'CessationOfOperation']),
        message: chance.sometimes(0.3, () => odd.text()),
      },
      compromiseOccurrenceDate: chance.sometimes(0.4, () => chance.pick([0, -1, 8.64e12 + 1, -8.64e12, 2 ** 31])),
    }),
    Destroy: one,
    Archive: one,
    Recover: one,
    ObtainLease: one,
    Check: () => ({
      ...one(),
      usageLimitsCount: chance.sometimes(0.5, () => odd.long()),
      cryptographicUsageMask: chance.sometimes(0.5, () => odd.number()),
      leaseTime: chance.sometimes(0.5, () => 3600),
    }),
    GetUsageAllocation: () => ({ ...one(), usageLimitsCount: odd.long() }),
    Locate: () => ({
      maximumItems: chance.sometimes(0.5, () => odd.number()),
      storageStatusMask: chance.sometimes(0.3, () => odd.number()),
      objectGroupMember: chance.sometimes(0.2, () => chance.pick(['GroupMemberFresh', 'GroupMemberDefault'])),
      attributes: odd.attributes(3),
    }),
    Query: () => ({ functions: ['QueryOperations', 'QueryObjects', 'QueryServerInformation'] }),
    Poll: () => ({ asynchronousCorrelationValue: chance.bytes(8) }),
    Cancel: () => ({ asynchronousCorrelationValue: chance.bytes(chance.pick([8, 0, 1])) }),
    DiscoverVersions: () => ({ versions: [] }),
  };
}

/** Makes messages of odd requests; one input is one batch item, or one message whose bytes were changed. */
export class OddRequests {
  constructor(chance, ids) {
    this.chance = chance;
    this.payloads = payloads(new OddValues(chance, ids));
    this.odd = new OddValues(chance, ids);
    const rare = ['Destroy', 'CreateKeyPair', 'ReKeyKeyPair'];
    const names = Object.keys(this.payloads);
    const common = ['Register', 'Create', 'Get', 'Get', 'AddAttribute', 'AddAttribute', 'Activate', 'GetAttributes'];
    // What ends objects, or takes long, comes rarely: the others want something to work on.
    const often = [...names.filter((name) => !rare.includes(name)), ...common];
    this.names = [...often, ...often, ...often, ...often, ...rare];
  }

  /** A message and how many inputs it holds. */
  message() {
    const { chance } = this;
    const items = [];
    for (let left = 1 + chance.below(ITEMS_MAX); left > 0; left--) {
      const one = this.#item(items.length);
      if (one) items.push(one);
    }
    if (items.length === 0) return this.message();
    const minor = chance.pick([1, 1, 1, 1, 0, 2, 4]);
    const header = {
      version: { major: chance.next() < 0.01 ? 2 : 1, minor },
      asynchronous: chance.sometimes(0.05, () => true),
      errorContinuation: BatchErrorContinuationOption.Continue,
      maximumResponseSize: chance.sometimes(0.02, () => chance.below(4000)),
      credential: chance.sometimes(0.02, () => ({
        type: 'UsernameAndPassword',
        username: this.odd.text(),
        password: new Uint8Array(3),
      })),
    };
    const message = Buffer.from(encodeTtlv(requestTree({ header, items })));
    if (chance.next() < 0.15) return { bytes: this.#mutated(message), inputs: 1 };
    return { bytes: message, inputs: items.length };
  }

  #item(place) {
    const { chance } = this;
    const name = chance.pick(this.names);
    try {
      let payload = operationCodec(name).request.encode(this.payloads[name]());
      if (chance.next() < 0.15) payload = this.#bent(payload);
      const operation = chance.next() < 0.01 ? chance.below(60) : Operation[name];
      return { operation, uniqueBatchItemId: Uint8Array.of(place), payload };
    } catch {
      return null; // a value that our own writer does not write
    }
  }

  /** One item of a tree left out, doubled, retagged or given another value: still TTLV, so that it gets far. */
  #bent(items) {
    const { chance } = this;
    if (items.length === 0) return [item(chance.pick(TAGS), this.odd.value())];
    const place = chance.below(items.length);
    const target = items[place];
    if (target.type === 'Structure' && chance.next() < 0.6) {
      return items.with(place, { ...target, items: this.#bent(target.items) });
    }
    switch (chance.below(5)) {
      case 0:
        return items.toSpliced(place, 1);
      case 1:
        return [...items.slice(0, place + 1), ...items.slice(place)];
      case 2:
        return items.with(place, { ...target, tag: chance.pick(TAGS) });
      case 3:
        return items.with(place, item(target.tag, this.odd.value()));
      default:
        return items.toReversed();
    }
  }

  /** Some bytes changed: bits, whole bytes, types and lengths. */
  #mutated(bytes) {
    const { chance } = this;
    for (let left = 1 + chance.below(3); left > 0; left--) {
      const head = 8 * chance.below(Math.floor(bytes.length / 8));
      switch (chance.below(4)) {
        case 0:
          bytes[chance.below(bytes.length)] ^= 1 << chance.below(8);
          break;
        case 1:
          bytes[head + 3] = 1 + chance.below(10);
          break;
        case 2:
          bytes.writeUInt32BE(chance.pick([0, 4, 8, 16, 2 ** 31, bytes.length]), head + 4);
          break;
        default:
          bytes[chance.below(bytes.length)] = chance.below(256);
      }
    }
    // The first length tells where the message ends: both sides must agree, or each waits for the other.
    bytes.writeUInt32BE(bytes.length - 8, 4);
    return bytes;
  }
}
