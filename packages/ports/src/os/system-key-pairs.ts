import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock } from '../clock.js';
import type { KeyPair, KeyPairKind, KeyPairSource } from '../key-pairs.js';

const generate = promisify(generateKeyPair);

/** Key pairs from OpenSSL, made on its threads; under a virtual clock time stands still meanwhile. */
export class SystemKeyPairs implements KeyPairSource {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  generate(kind: KeyPairKind): Promise<KeyPair> {
    return this.#clock.task(`make ${kind} key pair`, () =>
      kind === 'ec-p256'
        ? generate('ec', { namedCurve: 'P-256' })
        : generate('rsa', { modulusLength: Number(kind.slice('rsa-'.length)), publicExponent: 0x10001 }),
    );
  }
}
