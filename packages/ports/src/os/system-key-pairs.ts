import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock } from '../clock.js';
import type { KeyPair, KeyPairKind, KeyPairSource } from '../key-pairs.js';
import { opensslOptions } from './openssl-options.js';

const generate = promisify(generateKeyPair);

/** Key pairs from OpenSSL, made on its threads; under a virtual clock time stands still meanwhile. */
export class SystemKeyPairs implements KeyPairSource {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  generate(kind: KeyPairKind): Promise<KeyPair> {
    return this.#clock.task(`make ${kind} key pair`, () => {
      const [type, options] = opensslOptions(kind);
      return type === 'ec' ? generate(type, options) : generate(type, options);
    });
  }
}
