import {
  type Attribute,
  attribute,
  attributeText,
  attributeValue,
  type Credential,
  copyAttribute,
  decodeTtlv,
  encodeTtlv,
  firstValue,
  item,
  KMIP_1_0,
  KMIP_1_1,
  KmipError,
  structure,
  Tag,
  textAttribute,
} from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { attributeCodec } from '../src/attributes/attribute.js';
import { templateAttributeCodec } from '../src/attributes/template-attribute.js';
import { credentialCodec } from '../src/message/credential.js';
import { FieldReader } from '../src/message/field-reader.js';
import type { StructureCodec } from '../src/message/structure-codec.js';
import { operationCodec } from '../src/operations/operation-codecs.js';

/** What a structure becomes on its way over the wire. */
function overWire<T>(codec: StructureCodec<T>, value: T, version = KMIP_1_1): T {
  const wire = decodeTtlv(encodeTtlv(item(Tag.Attribute, structure(codec.encode(value)))));
  const reader = new FieldReader(wire.type === 'Structure' ? wire.items : [], 'structure', version);
  const read = codec.decode(reader);
  reader.end();
  return read;
}

const der = Uint8Array.of(0x30, 3, 2, 1, 5);

// The attributes that no captured message holds.
const rareAttributes: Attribute[] = [
  attribute('Cryptographic Domain Parameters', { qLengthBits: 256, recommendedCurve: 'P256' }),
  attribute('X.509 Certificate Identifier', { issuerDistinguishedName: der, certificateSerialNumber: der }),
  attribute('X.509 Certificate Subject', { distinguishedName: der, alternativeNames: [der, der] }),
  attribute('X.509 Certificate Issuer', { distinguishedName: der, alternativeNames: [] }),
  attribute('Certificate Identifier', { issuer: 'CN=ca', serialNumber: '07' }),
  attribute('Certificate Subject', { distinguishedName: 'CN=a', alternativeNames: ['b', 'c'] }),
  attribute('Certificate Issuer', { distinguishedName: 'CN=ca', alternativeNames: [] }),
  attribute('Digital Signature Algorithm', 'ECDSAWithSHA256'),
  attribute('Usage Limits', { total: 2n ** 62n, count: 1n, unit: 'Byte' }),
  attribute('Lease Time', 2 ** 32 - 1),
  attribute('Fresh', false),
  attribute('Deactivation Date', -1),
];

describe('attributes', () => {
  it.each(rareAttributes.map((one) => [one.name, one] as const))('%s goes over the wire and back', (name, one) => {
    const read = overWire(attributeCodec, one);
    expect(read).toEqual(one);
    expect(attributeValue(name as 'Digest', read)).toEqual(attributeValue(name as 'Digest', one));
  });

  it('keep the index of a further instance and leave out that of the first', () => {
    expect(attribute('Object Group', 'a', 0).index).toBeUndefined();
    expect(overWire(attributeCodec, attribute('Object Group', 'a', 2)).index).toBe(2);
  });

  it('refuse values that the specification does not have', () => {
    const state = { name: 'State', value: { type: 'Enumeration', value: 77 } } as const;
    expect(() => attributeValue('State', state)).toThrow(new KmipError('InvalidField', 'State has no value 77'));
    const far = { name: 'Initial Date', value: { type: 'DateTime', value: 2n ** 63n - 1n } } as const;
    expect(() => attributeValue('Initial Date', far)).toThrow('InitialDate is out of range');
  });

  it('are found by name, and read as text where they are one', () => {
    const list = [textAttribute('x-A', 'text'), attribute('State', 'Active')];
    expect(firstValue('State', list)).toBe('Active');
    expect(firstValue('Cryptographic Length', list)).toBeUndefined();
    expect(list.map(attributeText)).toEqual(['text', undefined]);
  });

  it('are copied so that nothing of the frame stays', () => {
    const frame = encodeTtlv(item(Tag.Attribute, structure(attributeCodec.encode(textAttribute('x-A', 'kept')))));
    const wire = decodeTtlv(frame);
    const read = attributeCodec.decode(new FieldReader(wire.type === 'Structure' ? wire.items : [], 'a', KMIP_1_1));
    const copy = copyAttribute(read);
    frame.fill(0);
    expect(attributeText(copy)).toBe('kept');
    expect(attributeText(read)).not.toBe('kept');
  });
});

describe('credentials', () => {
  const device: Credential = {
    type: 'Device',
    deviceSerialNumber: 'sn-1',
    password: new TextEncoder().encode('secret'),
    deviceIdentifier: 'd',
    networkIdentifier: 'n',
    machineIdentifier: 'm',
    mediaIdentifier: 'x',
  };
  it.each<Credential>([{ type: 'UsernameAndPassword', username: 'fred', password: undefined }, device])(
    'of the type $type go both ways',
    (credential) => expect(overWire(credentialCodec, credential)).toEqual(credential),
  );

  it('of a device came with 1.1', () => {
    expect(() => overWire(credentialCodec, device, KMIP_1_0)).toThrow(KmipError);
  });
});

describe('Locate', () => {
  it('reads attributes that a FortiGate has put into a Template-Attribute', () => {
    const attributes = [attribute('Object Type', 'SymmetricKey'), textAttribute('x-A', 'b')];
    const payload = [item(Tag.TemplateAttribute, structure(templateAttributeCodec.encode({ attributes })))];
    const reader = new FieldReader(payload, 'Locate', KMIP_1_0);
    expect(operationCodec('Locate').request.decode(reader).attributes).toEqual(attributes);
    reader.end();
  });
});
