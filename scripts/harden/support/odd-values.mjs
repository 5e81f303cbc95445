// Odd values, attributes and objects of KMIP: right ones, wrong ones, and those that look right.
import { generateKeyPairSync, X509Certificate } from 'node:crypto';

const dist = (name) => import(new URL(`../../../packages/${name}/dist/index.js`, import.meta.url).href);
const kmip = await dist('kmip-lite');
const { selfSign } = await dist('pki');
const { SystemClock, SystemEntropy } = await import(
  new URL('../../../packages/ports/dist/os/index.js', import.meta.url).href
);

const { attribute, bigInteger, boolean, bytes, enumeration, integer, interval, item, longInteger, structure, text } =
  kmip;
const TAGS = Object.values(kmip.Tag);
const STANDARD = Object.keys(kmip.standardAttributes);
const FORMATS = Object.keys(kmip.KeyFormatType);
const ALGORITHMS = Object.keys(kmip.CryptographicAlgorithm);
const INHERITED = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', 'prototype'];
const DAY_MS = 86_400_000;

const PAIRS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 1024 }),
  pss: generateKeyPairSync('rsa-pss', { modulusLength: 1024 }),
  dsa: generateKeyPairSync('dsa', { modulusLength: 1024 }),
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ed25519: generateKeyPairSync('ed25519'),
  x25519: generateKeyPairSync('x25519'),
};
const KEYS = Object.entries(PAIRS).flatMap(([name, { privateKey, publicKey }]) => [
  privateKey.export({ type: 'pkcs8', format: 'der' }),
  publicKey.export({ type: 'spki', format: 'der' }),
  ...(name === 'rsa'
    ? [privateKey.export({ type: 'pkcs1', format: 'der' }), publicKey.export({ type: 'pkcs1', format: 'der' })]
    : []),
  ...(name.startsWith('p2') ? [privateKey.export({ type: 'sec1', format: 'der' })] : []),
]);
const CERTIFICATES = await Promise.all(
  ['rsa', 'p256'].map(async (name) => {
    const clock = new SystemClock();
    const validity = { notBeforeMs: clock.nowMs - DAY_MS, notAfterMs: clock.nowMs + DAY_MS };
    const { chain } = await selfSign({
      subject: 'CN=odd',
      keyPair: PAIRS[name],
      entropy: new SystemEntropy(),
      clock,
      ...validity,
    });
    return chain[0];
  }),
);
const PEM = new TextEncoder().encode(new X509Certificate(CERTIFICATES[0]).toString());

/** Draws odd things; `ids` is the living list of identifiers that the server gave out. */
export class OddValues {
  constructor(chance, ids) {
    this.chance = chance;
    this.ids = ids;
  }

  number() {
    const { chance } = this;
    return chance.pick([0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 7, 40, 64, 128, 255, 256, 1024, 2048, chance.below(1000)]);
  }

  long() {
    const { chance } = this;
    const seconds = BigInt(Math.floor(Date.now() / 1000));
    return chance.pick([0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), seconds, 8640000000001n, -8640000000000n]);
  }

  text() {
    const { chance } = this;
    return chance.pick([
      '',
      'a',
      'x-1',
      '\u0000',
      '\u001b]0;x\u0007',
      '\u202e',
      'k'.repeat(chance.below(2000)),
      'é'.repeat(chance.below(40)),
      `k${chance.below(5)}`,
      chance.pick(INHERITED),
      chance.pick(STANDARD),
    ]);
  }

  id() {
    const { chance, ids } = this;
    return chance.next() < 0.9 && ids.length > 0 ? chance.pick(ids) : chance.pick(['', 'x', ...INHERITED]);
  }

  value(depth = 0) {
    const { chance } = this;
    switch (chance.below(depth > 3 ? 9 : 10)) {
      case 0:
        return integer(this.number());
      case 1:
        return longInteger(this.long());
      case 2:
        return bigInteger(chance.bytes(8 * (1 + chance.below(4))));
      case 3:
        return enumeration(chance.below(3) ? 1 + chance.below(30) : chance.below(2 ** 32));
      case 4:
        return boolean(chance.next() < 0.5);
      case 5:
        return text(this.text());
      case 6:
        return bytes(chance.bytes(chance.below(40)));
      case 7:
        return { type: 'DateTime', value: this.long() };
      case 8:
        return interval(chance.pick([0, 1, 2 ** 32 - 1, chance.below(10_000)]));
      default:
        return structure(chance.several(3, () => item(chance.pick(TAGS), this.value(depth + 1))));
    }
  }

  /** A value of the type that the specification wants, its content odd. */
  #typed(name) {
    const { chance } = this;
    switch (kmip.standardAttributes[name].type) {
      case 'Integer':
        return integer(chance.pick([128, 192, 256, 168, 512, 64, 1024, 8, 0, -8, this.number()]));
      case 'TextString':
        return text(this.text());
      case 'Enumeration':
        return enumeration(chance.pick([1, 2, 3, 4, 6, 7, 99]));
      case 'DateTime':
        return { type: 'DateTime', value: this.long() };
      case 'Interval':
        return interval(chance.below(1000));
      case 'Boolean':
        return boolean(chance.next() < 0.5);
      default:
        return this.#structured(name);
    }
  }

  #structured(name) {
    const { chance } = this;
    const makers = new Map([
      ['Name', () => attribute('Name', { value: this.text(), type: 'UninterpretedTextString' })],
      [
        'Link',
        () =>
          attribute('Link', {
            type: chance.pick(['PublicKeyLink', 'PrivateKeyLink']),
            linkedObjectIdentifier: this.id(),
          }),
      ],
      ['Usage Limits', () => attribute('Usage Limits', { total: this.long(), unit: 'Byte' })],
      ['Cryptographic Parameters', () => attribute('Cryptographic Parameters', { blockCipherMode: 'NISTKeyWrap' })],
      [
        'Application Specific Information',
        () =>
          attribute('Application Specific Information', {
            applicationNamespace: this.text(),
            applicationData: chance.sometimes(0.8, () => this.text()),
          }),
      ],
    ]);
    const make = makers.get(name);
    if (make && chance.next() < 0.7) return make().value;
    return structure(chance.several(3, () => item(chance.pick(TAGS), this.value(1))));
  }

  attribute() {
    const { chance } = this;
    const kind = chance.next();
    const name = kind < 0.7 ? chance.pick(STANDARD) : kind < 0.9 ? `x-${this.text()}` : this.text();
    const value = kmip.isStandard(name) && chance.next() < 0.95 ? this.#typed(name) : this.value();
    return { name, index: chance.sometimes(0.1, () => chance.below(3)), value };
  }

  attributes(most) {
    return this.chance.several(most, () => this.attribute());
  }

  /** A Template-Attribute: `first`, then odd ones. */
  template(first = []) {
    const { chance } = this;
    const named = () => ({ value: this.text(), type: 'UninterpretedTextString' });
    return { attributes: [...first, ...this.attributes(3)], templateNames: chance.next() < 0.05 ? [named()] : [] };
  }

  aes() {
    const { chance } = this;
    return [
      attribute('Cryptographic Algorithm', 'AES'),
      attribute('Cryptographic Length', chance.pick([128, 192, 256])),
      attribute('Cryptographic Usage Mask', chance.pick([12, 0x1c, 0xfffff, 0])),
    ];
  }

  keyBlock() {
    const { chance } = this;
    const format = chance.pick([
      'Raw',
      'Raw',
      'PKCS1',
      'PKCS8',
      'X509',
      'ECPrivateKey',
      'TransparentSymmetricKey',
      ...FORMATS,
    ]);
    const keyMaterial = format.startsWith('Transparent') ? this.#transparent() : this.#material();
    const isPlain = keyMaterial instanceof Uint8Array;
    return {
      keyFormatType: format,
      keyCompressionType: chance.sometimes(0.03, () => 'ECPublicKeyTypeUncompressed'),
      keyValue: { keyMaterial, attributes: chance.sometimes(0.1, () => this.attributes(2)) },
      cryptographicAlgorithm: chance.sometimes(0.9, () => chance.pick(['AES', 'DES3', 'RSA', 'ECDSA', ...ALGORITHMS])),
      cryptographicLength: chance.sometimes(0.9, () =>
        isPlain && chance.next() < 0.7 ? keyMaterial.length * 8 : chance.pick([128, 256, 64, 40, -8, 0]),
      ),
    };
  }

  #transparent() {
    const { chance } = this;
    if (chance.next() < 0.6) return [item(kmip.Tag.Key, bytes(chance.bytes(chance.pick([8, 16, 24, 32, 5]))))];
    return chance.several(3, () => item(chance.pick(TAGS), this.value()));
  }

  #material() {
    const { chance } = this;
    const material =
      chance.next() < 0.5 ? chance.bytes(chance.pick([5, 8, 16, 24, 32, 64])) : this.#broken(chance.pick(KEYS), 0.3);
    return material;
  }

  /** A copy with some bits changed. */
  #broken(bytesOf, share) {
    const { chance } = this;
    const copy = Uint8Array.from(bytesOf);
    if (chance.next() < share)
      for (let left = 1 + chance.below(3); left > 0; left--) copy[chance.below(copy.length)] ^= 1 << chance.below(8);
    return copy;
  }

  object() {
    const { chance } = this;
    switch (chance.below(8)) {
      case 0:
      case 1:
      case 2:
        return { objectType: 'SymmetricKey', keyBlock: this.keyBlock() };
      case 3:
        return { objectType: chance.pick(['PublicKey', 'PrivateKey']), keyBlock: this.keyBlock() };
      case 4:
        return {
          objectType: 'SecretData',
          secretDataType: chance.pick(['Password', 'Seed']),
          keyBlock: this.keyBlock(),
        };
      case 5:
        return {
          objectType: 'OpaqueObject',
          opaqueDataType: 0x80000001,
          opaqueDataValue: chance.bytes(chance.below(100)),
        };
      case 6: {
        const certificateValue = this.#broken(chance.pick([...CERTIFICATES, ...CERTIFICATES, PEM]), 0.8);
        return { objectType: 'Certificate', certificateType: chance.pick(['X509', 'X509', 'PGP']), certificateValue };
      }
      default:
        return { objectType: 'Template', attributes: [this.attribute(), ...this.attributes(3)] };
    }
  }
}

export { kmip, STANDARD };
