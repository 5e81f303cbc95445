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
      kind === 'rsa-2048'
        ? generate('rsa', { modulusLength: 2048, publicExponent: 0x10001 })
        : generate('ec', { namedCurve: 'P-256' }),
    );
  }
}
