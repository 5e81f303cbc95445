import { aesKeyUnwrap } from '@vcryptsim/crypto-core';
import {
  type Attribute,
  attribute,
  decodeTtlv,
  firstValue,
  type KeyBlock,
  type KeyWrappingSpecification,
  type ManagedObject,
  textAttribute,
} from '@vcryptsim/kmip-lite';
import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyId } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { Lab } from './support/lab.js';
import {
  AES_256,
  blockOf,
  copyOf,
  destroy,
  getObject,
  locate,
  materialOf,
  NOON_S,
  named,
  reasonOf,
  revoke,
  stateOf,
  withSession,
} from './support/session.js';

describe('Register', () => {
  const keyBlock = (bytes: Uint8Array, more: Partial<KeyBlock> = {}): KeyBlock => ({
    keyFormatType: 'Raw',
    keyValue: { keyMaterial: bytes },
    cryptographicAlgorithm: 'AES',
    cryptographicLength: bytes.length * 8,
    ...more,
  });
  const register = async (session: KmipSession, object: ManagedObject, attributes: Attribute[] = []) =>
    (await session.perform('Register', { templateAttribute: { attributes }, object })).uniqueIdentifier as KeyId;

  it('keeps every kind of object and gives it back as it came', () =>
    withSession(async (session) => {
      const bytes = new Uint8Array(32).fill(7);
      const objects: ManagedObject[] = [
        { objectType: 'SymmetricKey', keyBlock: keyBlock(bytes) },
        {
          objectType: 'SecretData',
          secretDataType: 'Password',
          keyBlock: { keyFormatType: 'Opaque', keyValue: { keyMaterial: bytes } },
        },
        { objectType: 'OpaqueObject', opaqueDataType: 0x80000001, opaqueDataValue: bytes },
        { objectType: 'Template', attributes: [textAttribute('x-A', 'from the template')] },
      ];
      for (const object of objects) {
        const id = await register(session, object, [named(object.objectType)]);
        const found = await getObject(session, id);
        expect(found).toMatchObject({ objectType: object.objectType });
        if (typeof found !== 'string' && 'keyBlock' in found) expect(materialOf(found.keyBlock)).toEqual(bytes);
        if (typeof found !== 'string' && 'opaqueDataValue' in found) expect(found.opaqueDataValue).toEqual(bytes);
        if (typeof found !== 'string' && 'attributes' in found) expect(found.attributes).toHaveLength(1);
        expect((await session.getAttributes(id, ['State'])).length).toBe('keyBlock' in object ? 1 : 0);
      }
      const [opaque] = await locate(session, [named('OpaqueObject')]);
      expect(await reasonOf(session.activate(opaque as KeyId))).toBe('IllegalOperation');
      await destroy(session, opaque as KeyId);
      expect(await reasonOf(destroy(session, opaque as KeyId))).toBe('ItemNotFound');
      const template = {
        templateNames: [{ value: 'Template', type: 'UninterpretedTextString' }],
        attributes: [],
      } as const;
      const secret = { objectType: 'OpaqueObject', opaqueDataType: 0x80000001, opaqueDataValue: bytes } as const;
      const made = await session.perform('Register', { templateAttribute: template, object: secret });
      expect(await session.getAttributes(made.uniqueIdentifier as KeyId, ['x-A'])).toHaveLength(1);
      const unknown = { ...template, templateNames: [{ value: 'none', type: 'UninterpretedTextString' }] } as const;
      expect(await reasonOf(session.perform('Register', { templateAttribute: unknown, object: secret }))).toBe(
        'ItemNotFound',
      );
    }));

  it('refuses what contradicts itself', () =>
    withSession(async (session) => {
      const symmetric = (block: KeyBlock, attributes: Attribute[] = []) =>
        reasonOf(register(session, { objectType: 'SymmetricKey', keyBlock: block }, attributes));
      const bytes = new Uint8Array(32).fill(7);
      expect(await symmetric(keyBlock(bytes, { cryptographicLength: 128 }))).toBe('InvalidField');
      expect(await symmetric(keyBlock(new Uint8Array(0)))).toBe('InvalidField');
      expect(await symmetric(keyBlock(bytes), [attribute('Cryptographic Length', 128)])).toBe('InvalidField');
      expect(await symmetric(keyBlock(bytes), [attribute('Cryptographic Algorithm', 'DES3')])).toBe('InvalidField');
      expect(await symmetric(keyBlock(bytes, { keyWrappingData: { wrappingMethod: 'Encrypt' } }))).toBe(
        'FeatureNotSupported',
      );
      expect(await symmetric(keyBlock(bytes), [named('one')])).toBeNull();
      expect(await symmetric(keyBlock(bytes), [named('one')])).toBe('InvalidField');
      const certificate = { objectType: 'Certificate', certificateType: 'X509', certificateValue: bytes } as const;
      expect(await reasonOf(register(session, certificate))).toBe('InvalidField');
    }));

  it('gives keys in other formats where there are such, and says so where there are none', () =>
    withSession(async (session) => {
      const bytes = new Uint8Array(32).fill(7);
      const id = await register(session, { objectType: 'SymmetricKey', keyBlock: keyBlock(bytes) });
      const transparent = blockOf(await getObject(session, id, { keyFormatType: 'TransparentSymmetricKey' }));
      expect(transparent.keyFormatType).toBe('TransparentSymmetricKey');
      expect(transparent.keyValue).toMatchObject({ keyMaterial: [{ type: 'ByteString', bytes }] });
      expect(await getObject(session, id, { keyFormatType: 'PKCS8' })).toBe('KeyFormatTypeNotSupported');
      const opaque = { objectType: 'OpaqueObject', opaqueDataType: 0x80000001, opaqueDataValue: bytes } as const;
      expect(await getObject(session, await register(session, opaque), { keyFormatType: 'Raw' })).toBe(
        'KeyFormatTypeNotSupported',
      );
    }));
});

describe('wrapped Get', () => {
  it('wraps by RFC 3394 with both encodings, under a key that may wrap, and refuses the rest', () =>
    withSession(async (session) => {
      const wrapping = await session.create({ ...AES_256, usageMask: 0x10 });
      const id = await session.create({ ...AES_256, attributes: [textAttribute('x-A', 'inside')] });
      const { taken: clear } = await session.get(id, copyOf);
      const { taken: kek } = await session.get(wrapping, copyOf);
      const information = {
        uniqueIdentifier: wrapping,
        cryptographicParameters: { blockCipherMode: 'NISTKeyWrap' },
      } as const;
      const base = { wrappingMethod: 'Encrypt', encryptionKeyInformation: information } as const;
      const get = (keyWrappingSpecification: KeyWrappingSpecification) =>
        getObject(session, id, { keyWrappingSpecification });
      expect(await get(base)).toBe('PermissionDenied');
      await session.activate(wrapping);
      const bare = blockOf(await get({ ...base, encodingOption: 'NoEncoding' }));
      expect(aesKeyUnwrap(kek, materialOf(bare))).toEqual(clear);
      const whole = blockOf(await get({ ...base, attributeNames: ['x-A'] }));
      const value = decodeTtlv(aesKeyUnwrap(kek, materialOf(whole)));
      expect(value).toMatchObject({
        type: 'Structure',
        items: [{ type: 'ByteString', bytes: clear }, { type: 'Structure' }],
      });
      expect(whole.keyWrappingData?.wrappingMethod).toBe('Encrypt');
      expect(await get({ ...base, encodingOption: 'NoEncoding', attributeNames: ['x-A'] })).toBe('EncodingOptionError');
      expect(await get({ ...base, wrappingMethod: 'MACSign' })).toBe('FeatureNotSupported');
      expect(await get({ wrappingMethod: 'Encrypt' })).toBe('InvalidField');
      const cbc = { uniqueIdentifier: wrapping, cryptographicParameters: { blockCipherMode: 'CBC' } } as const;
      expect(await get({ ...base, encryptionKeyInformation: cbc })).toBe('FeatureNotSupported');
      const nobody = { ...information, uniqueIdentifier: 'nobody' };
      expect(await get({ ...base, encryptionKeyInformation: nobody })).toBe('ItemNotFound');
      const opaque = { objectType: 'OpaqueObject', opaqueDataType: 0x80000001, opaqueDataValue: clear } as const;
      const made = await session.perform('Register', { templateAttribute: { attributes: [] }, object: opaque });
      const notAKey = { ...information, uniqueIdentifier: made.uniqueIdentifier };
      expect(await get({ ...base, encryptionKeyInformation: notAKey })).toBe('IllegalOperation');
    }));
});

describe('Re-key', () => {
  it('makes a replacement that takes over the names, with links both ways, and leaves the old key as it is', () =>
    withSession(async (session) => {
      const old = await session.create({ ...AES_256, attributes: [named('k'), textAttribute('x-A', '1')] });
      await session.activate(old);
      const { uniqueIdentifier } = await session.perform('ReKey', { uniqueIdentifier: old, offset: 60 });
      const fresh = uniqueIdentifier as KeyId;
      const { taken: oldBytes } = await session.get(old, copyOf);
      const { taken: freshBytes } = await session.get(fresh, copyOf);
      expect(freshBytes).not.toEqual(oldBytes);
      expect(await locate(session, [named('k')])).toEqual([fresh]);
      const [before, after] = [await session.getAttributes(old, []), await session.getAttributes(fresh, [])];
      expect(firstValue('Link', before)).toEqual({ type: 'ReplacementObjectLink', linkedObjectIdentifier: fresh });
      expect(firstValue('Link', after)).toEqual({ type: 'ReplacedObjectLink', linkedObjectIdentifier: old });
      expect([firstValue('State', before), firstValue('State', after)]).toEqual(['Active', 'PreActive']);
      expect(firstValue('Activation Date', after)).toBe(NOON_S + 60);
      expect(after.filter((one) => one.name === 'x-A')).toHaveLength(1);
      const both = { offset: 1, templateAttribute: { attributes: [attribute('Activation Date', NOON_S)] } };
      expect(await reasonOf(session.perform('ReKey', { uniqueIdentifier: old, ...both }))).toBe('InvalidMessage');
      await revoke(session, old, 'KeyCompromise');
      await destroy(session, old);
      expect(await reasonOf(session.perform('ReKey', { uniqueIdentifier: old }))).toBe('PermissionDenied');
    }));

  it('makes key pairs that belong together, and replaces both halves at once', () =>
    withSession(async (session) => {
      const common = {
        attributes: [attribute('Cryptographic Algorithm', 'ECDSA'), attribute('Cryptographic Length', 256)],
      };
      const half = (name: string, mask: number) => ({
        attributes: [named(name), attribute('Cryptographic Usage Mask', mask)],
      });
      const pair = await session.perform('CreateKeyPair', {
        common,
        privateKey: half('private', 1),
        publicKey: half('public', 2),
      });
      const { privateKeyUniqueIdentifier: privateId, publicKeyUniqueIdentifier: publicId } = pair;
      const pkcs8 = materialOf(blockOf(await getObject(session, privateId as KeyId, { keyFormatType: 'PKCS8' })));
      const spki = materialOf(blockOf(await getObject(session, publicId as KeyId, { keyFormatType: 'X509' })));
      const { createPrivateKey, createPublicKey } = await import('node:crypto');
      const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
      const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
      expect(createPublicKey(privateKey).equals(publicKey)).toBe(true);
      const fresh = await session.perform('ReKeyKeyPair', { uniqueIdentifier: privateId });
      expect(await locate(session, [named('private')])).toEqual([fresh.privateKeyUniqueIdentifier]);
      expect(await locate(session, [named('public')])).toEqual([fresh.publicKeyUniqueIdentifier]);
      expect(await reasonOf(session.perform('ReKeyKeyPair', { uniqueIdentifier: publicId }))).toBe('PermissionDenied');
      const rsa512 = {
        attributes: [attribute('Cryptographic Algorithm', 'RSA'), attribute('Cryptographic Length', 512)],
      };
      expect(await reasonOf(session.perform('CreateKeyPair', { common: rsa512 }))).toBe('InvalidField');
    }));
});

describe('after a restart', () => {
  it('everything is as it was, in each form', async () => {
    const files = new MemoryFileSystem();
    const identity = { current: null as Awaited<ReturnType<Lab['selfSigned']>> | null };
    const opaque = new Uint8Array([1, 2, 3]);
    const ids = await Lab.run(
      async (lab) => {
        const server = await lab.serve();
        identity.current = await lab.selfSigned();
        await server.addClient({ name: 'vcenter', certificate: identity.current.chain[0]! });
        const made = await lab.client(server, identity.current).session(async (session) => {
          const gone = await session.create(AES_256);
          await destroy(session, gone);
          const object = { objectType: 'OpaqueObject', opaqueDataType: 0x80000002, opaqueDataValue: opaque } as const;
          const kept = await session.perform('Register', { templateAttribute: { attributes: [named('o')] }, object });
          return { gone, kept: kept.uniqueIdentifier as KeyId };
        });
        await server.close();
        return made;
      },
      { files },
    );
    await Lab.run(
      async (lab) => {
        const server = await lab.serve();
        await lab.client(server, identity.current!).session(async (session) => {
          expect(await stateOf(session, ids.gone)).toBe('Destroyed');
          expect(await reasonOf(session.get(ids.gone, copyOf))).toBe('ItemNotFound');
          expect(await getObject(session, ids.kept)).toMatchObject({
            opaqueDataType: 0x80000002,
            opaqueDataValue: opaque,
          });
          expect(await locate(session, [named('o')])).toEqual([ids.kept]);
        });
        await server.close();
      },
      { files, start: 2 },
    );
  });
});
