// Encrypt, Decrypt, MAC, Sign and their like with keys that the server holds: judged by published vectors and node:crypto.
import { createDecipheriv, createHash, createHmac, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Attribute, attribute, type CryptographicParameters } from '@vcryptsim/kmip-lite';
import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyId } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { Lab } from './support/lab.js';
import { NOON_S, reasonOf, revoke } from './support/session.js';

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');
const vectors = <Row>(name: string): Row[] => {
  const file = new URL(`../../crypto-core/test/vectors/data/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).vectors;
};
const ACTIVE = attribute('Activation Date', NOON_S - 3600);

/** Runs `work` with a session of KMIP 1.4. */
const inSession = (work: (session: KmipSession) => Promise<void>) =>
  Lab.run(async (lab) => {
    const server = await lab.serve();
    const identity = await lab.selfSigned();
    await server.addClient({ name: 'app', certificate: identity.chain[0]! });
    await lab.client(server, identity, { version: { major: 1, minor: 4 } }).session(work);
    await server.close();
  });

async function registered(
  session: KmipSession,
  key: Uint8Array,
  o: { algorithm?: 'AES' | 'DES3' | 'HMACSHA256'; lengthBits?: number; mask?: number; more?: Attribute[] } = {},
): Promise<KeyId> {
  const { algorithm = 'AES', lengthBits = key.length * 8, mask = 0x0c, more = [ACTIVE] } = o;
  const { uniqueIdentifier } = await session.perform('Register', {
    templateAttribute: { attributes: [attribute('Cryptographic Usage Mask', mask), ...more] },
    object: {
      objectType: 'SymmetricKey',
      keyBlock: {
        keyFormatType: 'Raw',
        keyValue: { keyMaterial: key.slice() },
        cryptographicAlgorithm: algorithm,
        cryptographicLength: lengthBits,
      },
    },
  });
  return uniqueIdentifier as KeyId;
}

describe('Encrypt and Decrypt', () => {
  it('agree with node:crypto in every mode, with and without padding, and come back', () =>
    inSession(async (session) => {
      const cases: [CryptographicParameters, number, number, string][] = [
        [{ blockCipherMode: 'ECB', paddingMethod: 'PKCS5' }, 32, 21, 'aes-256-ecb'],
        [{ blockCipherMode: 'CBC', paddingMethod: 'PKCS5' }, 32, 21, 'aes-256-cbc'],
        [{ blockCipherMode: 'CBC' }, 16, 48, 'aes-128-cbc'],
        [{ blockCipherMode: 'CFB' }, 24, 21, 'aes-192-cfb'],
        [{ blockCipherMode: 'OFB' }, 32, 21, 'aes-256-ofb'],
        [{ blockCipherMode: 'CTR' }, 32, 21, 'aes-256-ctr'],
      ];
      for (const [cryptographicParameters, keyBytes, dataBytes, name] of cases) {
        const [key, data, iv] = [randomBytes(keyBytes), randomBytes(dataBytes), randomBytes(16)];
        const uniqueIdentifier = await registered(session, key);
        const ivCounterNonce = cryptographicParameters.blockCipherMode === 'ECB' ? undefined : iv;
        const common = { uniqueIdentifier, cryptographicParameters, ivCounterNonce };
        const { data: encrypted } = await session.perform('Encrypt', { ...common, data: data.subarray() });
        const theirs = createDecipheriv(name, key, ivCounterNonce ?? null);
        theirs.setAutoPadding(cryptographicParameters.paddingMethod === 'PKCS5');
        const copy = Buffer.from(encrypted ?? []);
        expect(toHex(Buffer.concat([theirs.update(copy), theirs.final()])), name).toBe(toHex(data));
        const back = await session.perform('Decrypt', { ...common, data: copy });
        expect(toHex(back.data), name).toBe(toHex(data));
      }
    }));

  it('agree with the GCM vectors of Wycheproof, and refuse what they refuse', () =>
    inSession(async (session) => {
      type Row = [number, string, string, string, string, string, string, 'valid' | 'invalid'];
      let [agreed, refused] = [0, 0];
      for (const [, key, iv, aad, message, ct, tag, result] of vectors<Row>('gcm-aes256-wycheproof')) {
        if (/^0+$/.test(key)) continue; // a key of zeros is not registered here
        const uniqueIdentifier = await registered(session, hex(key));
        const common = {
          uniqueIdentifier,
          cryptographicParameters: { blockCipherMode: 'GCM', tagLength: 16 },
          ivCounterNonce: hex(iv),
          authenticatedEncryptionAdditionalData: hex(aad),
        } as const;
        const decrypting = session.perform('Decrypt', {
          ...common,
          data: hex(ct),
          authenticatedEncryptionTag: hex(tag),
        });
        if (result === 'invalid') {
          expect(await reasonOf(decrypting)).toBe('CryptographicFailure');
          refused++;
          continue;
        }
        expect(toHex((await decrypting).data)).toBe(message);
        const made = await session.perform('Encrypt', { ...common, data: hex(message) });
        expect([toHex(made.data), toHex(made.authenticatedEncryptionTag)]).toEqual([ct, tag]);
        agreed++;
      }
      expect(agreed).toBeGreaterThan(30);
      expect(refused).toBeGreaterThan(20);
    }));

  it('draw a random IV where it is asked for, never the same, and miss one where it is not', () =>
    inSession(async (session) => {
      const uniqueIdentifier = await registered(session, randomBytes(32));
      const cryptographicParameters = { blockCipherMode: 'CBC', paddingMethod: 'PKCS5', randomIv: true } as const;
      const data = randomBytes(5);
      const seen = new Set<string>();
      for (let round = 0; round < 3; round++) {
        const made = await session.perform('Encrypt', { uniqueIdentifier, cryptographicParameters, data });
        const [encrypted, iv] = [Buffer.from(made.data ?? []), Buffer.from(made.ivCounterNonce ?? [])];
        expect(iv).toHaveLength(16);
        seen.add(toHex(iv));
        const common = { uniqueIdentifier, cryptographicParameters, data: encrypted };
        expect(toHex((await session.perform('Decrypt', { ...common, ivCounterNonce: iv })).data)).toBe(toHex(data));
        expect(await reasonOf(session.perform('Decrypt', common))).toBe('InvalidMessage');
      }
      expect(seen.size).toBe(3);
    }));

  it('keep to the state, the dates, the usage mask and the usage limits of the key', () =>
    inSession(async (session) => {
      const ecb = { cryptographicParameters: { blockCipherMode: 'ECB' }, data: randomBytes(16) } as const;
      const encrypt = (uniqueIdentifier: KeyId) => reasonOf(session.perform('Encrypt', { uniqueIdentifier, ...ecb }));
      const decrypt = (uniqueIdentifier: KeyId) => reasonOf(session.perform('Decrypt', { uniqueIdentifier, ...ecb }));

      const preActive = await registered(session, randomBytes(32), { more: [] });
      expect([await encrypt(preActive), await decrypt(preActive)]).toEqual(['PermissionDenied', 'PermissionDenied']);
      const deactivated = await registered(session, randomBytes(32));
      await revoke(session, deactivated, 'CessationOfOperation');
      expect([await encrypt(deactivated), await decrypt(deactivated)]).toEqual(['PermissionDenied', null]);

      const onlyEncrypts = await registered(session, randomBytes(32), { mask: 4 });
      expect([await encrypt(onlyEncrypts), await decrypt(onlyEncrypts)]).toEqual([null, 'PermissionDenied']);
      const stopped = [ACTIVE, attribute('Protect Stop Date', NOON_S - 60)];
      const late = [ACTIVE, attribute('Process Start Date', NOON_S + 60)];
      expect(await encrypt(await registered(session, randomBytes(32), { more: stopped }))).toBe('PermissionDenied');
      expect(await decrypt(await registered(session, randomBytes(32), { more: late }))).toBe('PermissionDenied');

      const limits = attribute('Usage Limits', { total: 40n, unit: 'Byte' });
      const limited = await registered(session, randomBytes(32), { more: [ACTIVE, limits] });
      expect([await encrypt(limited), await encrypt(limited), await encrypt(limited)]).toEqual([
        null,
        null,
        'PermissionDenied',
      ]);
      expect(await encrypt('00000000-0000-4000-8000-000000000000' as KeyId)).toBe('ItemNotFound');
    }));

  it('say which parameter is missing or not served, and do not take parts of a stream', () =>
    inSession(async (session) => {
      const uniqueIdentifier = await registered(session, randomBytes(32));
      const reason = (cryptographicParameters: CryptographicParameters, more = {}) =>
        reasonOf(
          session.perform('Encrypt', { uniqueIdentifier, cryptographicParameters, data: randomBytes(15), ...more }),
        );
      expect(await reason({})).toBe('InvalidField');
      expect(await reason({ blockCipherMode: 'XTS' })).toBe('InvalidField');
      expect(await reason({ blockCipherMode: 'CBC', paddingMethod: 'ISO10126' })).toBe('InvalidField');
      expect(await reason({ blockCipherMode: 'GCM', tagLength: 5 })).toBe('InvalidField');
      expect(await reason({ blockCipherMode: 'ECB' })).toBe('CryptographicFailure');
      const first = { initIndicator: true, finalIndicator: false };
      expect(await reason({ blockCipherMode: 'ECB', paddingMethod: 'PKCS5' }, first)).toBe('FeatureNotSupported');
    }));
});

describe('MAC and Hash', () => {
  it('agree with the vectors of Wycheproof and tell a wrong MAC', () =>
    inSession(async (session) => {
      type Row = [number, number, string, string, string, 'valid' | 'invalid'];
      let judged = 0;
      for (const [, tagBits, key, message, tag, result] of vectors<Row>('hmac-sha256-wycheproof')) {
        if (tagBits !== 256 || key.length !== 64) continue;
        const options = { algorithm: 'HMACSHA256', mask: 0x180 } as const;
        const uniqueIdentifier = await registered(session, hex(key), options);
        const common = { uniqueIdentifier, data: hex(message) };
        const verdict = await session.perform('MACVerify', { ...common, macData: hex(tag) });
        expect(verdict.validityIndicator).toBe(result === 'valid' ? 'Valid' : 'Invalid');
        const { macData } = await session.perform('MAC', common);
        if (result === 'valid') expect(toHex(macData)).toBe(tag);
        else expect(toHex(macData)).not.toBe(tag);
        judged++;
      }
      expect(judged).toBeGreaterThan(50);
    }));

  it('use the hash that the parameters name', () =>
    inSession(async (session) => {
      const [key, data] = [randomBytes(32), randomBytes(100)];
      const uniqueIdentifier = await registered(session, key, { mask: 0x80 });
      const cryptographicParameters = { hashingAlgorithm: 'SHA512' } as const;
      const { macData } = await session.perform('MAC', { uniqueIdentifier, cryptographicParameters, data });
      expect(toHex(macData)).toBe(createHmac('sha512', key).update(data).digest('hex'));
      for (const [hashingAlgorithm, name] of [
        ['SHA256', 'sha256'],
        ['SHA3384', 'sha3-384'],
      ] as const) {
        const { data: digest } = await session.perform('Hash', { cryptographicParameters: { hashingAlgorithm }, data });
        expect(toHex(digest)).toBe(createHash(name).update(data).digest('hex'));
      }
      const notServed = { cryptographicParameters: { hashingAlgorithm: 'MD2' }, data } as const;
      expect(await reasonOf(session.perform('Hash', notServed))).toBe('InvalidField');
    }));
});

describe('Sign and Signature Verify', () => {
  async function pairOf(session: KmipSession, kind: 'RSA' | 'ECDSA') {
    const { privateKey, publicKey } =
      kind === 'RSA'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const lengthBits = kind === 'RSA' ? 2048 : 256;
    const block = (keyFormatType: 'PKCS8' | 'X509', keyMaterial: Uint8Array) => ({
      keyFormatType,
      keyValue: { keyMaterial },
      cryptographicAlgorithm: kind,
      cryptographicLength: lengthBits,
    });
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const template = (mask: number) => ({ attributes: [attribute('Cryptographic Usage Mask', mask), ACTIVE] });
    const own = await session.perform('Register', {
      templateAttribute: template(1),
      object: { objectType: 'PrivateKey', keyBlock: block('PKCS8', pkcs8) },
    });
    const shown = await session.perform('Register', {
      templateAttribute: template(2),
      object: { objectType: 'PublicKey', keyBlock: block('X509', spki) },
    });
    return { privateKey, publicKey, privateId: own.uniqueIdentifier, publicId: shown.uniqueIdentifier };
  }

  it('agree with node:crypto both ways, for RSA with both paddings and for ECDSA', () =>
    inSession(async (session) => {
      const data = randomBytes(77);
      const rsa = await pairOf(session, 'RSA');
      const ec = await pairOf(session, 'ECDSA');
      const pkcs1 = { paddingMethod: 'PKCS1V15', hashingAlgorithm: 'SHA256' } as const;
      const pss = { paddingMethod: 'PSS', hashingAlgorithm: 'SHA384' } as const;
      const ecdsa = { digitalSignatureAlgorithm: 'ECDSAWithSHA256' } as const;
      const cases = [
        [rsa, pkcs1, 'sha256', {}],
        [rsa, pss, 'sha384', { padding: 6, saltLength: 20 }],
        [ec, ecdsa, 'sha256', {}],
      ] as const;
      for (const [pair, cryptographicParameters, hash, options] of cases) {
        const made = await session.perform('Sign', { uniqueIdentifier: pair.privateId, cryptographicParameters, data });
        const signature = Buffer.from(made.signatureData ?? []);
        expect(verify(hash, data, { key: pair.publicKey, ...options }, signature)).toBe(true);
        const theirs = sign(hash, data, { key: pair.privateKey, ...options });
        const common = { uniqueIdentifier: pair.publicId, cryptographicParameters };
        const judge = async (signatureData: Uint8Array, judged: Uint8Array = data) =>
          (await session.perform('SignatureVerify', { ...common, data: judged, signatureData })).validityIndicator;
        expect(await judge(theirs)).toBe('Valid');
        expect(await judge(theirs, randomBytes(77))).toBe('Invalid');
        theirs[theirs.length - 1]! ^= 1;
        expect(await judge(theirs)).toBe('Invalid');
      }
      const wrongHalf = { uniqueIdentifier: rsa.publicId, cryptographicParameters: pkcs1, data };
      expect(await reasonOf(session.perform('Sign', wrongHalf))).toBe('PermissionDenied');
    }));
});

describe('the random generator', () => {
  it('gives bytes, and says that it takes none', () =>
    inSession(async (session) => {
      const draw = async () => toHex((await session.perform('RNGRetrieve', { dataLength: 32 })).data);
      const [one, other] = [await draw(), await draw()];
      expect(one).toHaveLength(64);
      expect(other).not.toBe(one);
      expect(await session.perform('RNGSeed', { data: randomBytes(16) })).toEqual({ dataLength: 0 });
      expect(await reasonOf(session.perform('RNGRetrieve', { dataLength: 65_537 }))).toBe('InvalidField');
      expect(await reasonOf(session.perform('RNGRetrieve', { dataLength: -1 }))).toBe('InvalidField');
    }));
});
