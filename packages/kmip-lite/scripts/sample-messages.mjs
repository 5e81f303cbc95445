// Requests of every kind, as seeds for the fuzzers. Payloads are those of src/operations.

const attribute = (name, type, value) => ({ name, value: { type, ...value } });
const text = (value) => ({ utf8: new TextEncoder().encode(value) });
const aes = [
  attribute('Cryptographic Algorithm', 'Enumeration', { value: 3 }),
  attribute('Cryptographic Usage Mask', 'Integer', { value: 12 }),
  attribute('Cryptographic Length', 'Integer', { value: 256 }),
];
const xName = attribute('x-Name', 'TextString', text('vm-1'));
const name = attribute('Name', 'Structure', {
  items: [
    { tag: 0x420055, type: 'TextString', ...text('key-1') },
    { tag: 0x420054, type: 'Enumeration', value: 1 },
  ],
});
const rawKey = {
  keyFormatType: 'Raw',
  keyValue: { keyMaterial: new Uint8Array(32).fill(7) },
  cryptographicAlgorithm: 'AES',
  cryptographicLength: 256,
};
const id = { uniqueIdentifier: 'key-1' };
const wrapping = {
  wrappingMethod: 'Encrypt',
  encryptionKeyInformation: {
    uniqueIdentifier: 'kek',
    cryptographicParameters: { blockCipherMode: 'NISTKeyWrap' },
  },
  encodingOption: 'NoEncoding',
};

const payloads = [
  ['DiscoverVersions', { versions: [{ major: 1, minor: 1 }] }],
  ['Query', { functions: ['QueryOperations', 'QueryObjects', 'QueryServerInformation'] }],
  ['Create', { objectType: 'SymmetricKey', templateAttribute: { attributes: [...aes, xName, name] } }],
  ['CreateKeyPair', { common: { attributes: aes }, privateKey: { attributes: [name] } }],
  ['Register', { templateAttribute: { attributes: [] }, object: { objectType: 'SymmetricKey', keyBlock: rawKey } }],
  ['Get', { ...id, keyFormatType: 'Raw', keyWrappingSpecification: wrapping }],
  ['GetAttributes', { ...id, attributeNames: ['State', 'x-Name'] }],
  ['AddAttribute', { ...id, attribute: xName }],
  ['ModifyAttribute', { ...id, attribute: name }],
  ['DeleteAttribute', { ...id, attributeName: 'x-Name', attributeIndex: 0 }],
  ['Locate', { maximumItems: 3, storageStatusMask: 1, attributes: [name] }],
  ['Check', { ...id, usageLimitsCount: 5n, cryptographicUsageMask: 4, leaseTime: 3600 }],
  ['ReKey', { ...id, offset: 60 }],
  ['Activate', id],
  ['Revoke', { ...id, revocationReason: { code: 'KeyCompromise', message: 'lost' }, compromiseOccurrenceDate: 6 }],
  ['Destroy', id],
  ['Poll', { asynchronousCorrelationValue: new Uint8Array(8) }],
];

/**
 * Trees of whole requests: one for each payload, and a batch of them all under a full header.
 *
 * @param {{ requestTree: Function, operationCodecs: object, Operation: object }} kmip of src or dist
 */
export function sampleMessages({ requestTree, operationCodecs, Operation }) {
  const items = payloads.map(([operation, payload], at) => ({
    operation: Operation[operation],
    uniqueBatchItemId: Uint8Array.of(at),
    payload: operationCodecs[operation].request.encode(payload),
  }));
  const version = { major: 1, minor: 1 };
  const header = {
    version,
    maximumResponseSize: 4096,
    credential: { type: 'UsernameAndPassword', username: 'fred', password: new TextEncoder().encode('secret') },
    errorContinuation: 1,
    timeStamp: 1_335_514_341,
  };
  return [...items.map((item) => requestTree({ header: { version }, items: [item] })), requestTree({ header, items })];
}
