import { timingSafeEqual } from 'node:crypto';
import { pbkdf2Sha256 } from '@vcryptsim/crypto-core';
import type { Credential } from '@vcryptsim/kmip-lite';
import { type Entropy, FileError, type FileSystem, readWhole } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';

/** PBKDF2 rounds: about 4 ms a message. The password is a second factor beside a certificate, not the only lock. */
const ITERATIONS = 10_000;
const SALT_SIZE_BYTES = 16;
const HASH_SIZE_BYTES = 32;
const USER_NAME_BYTES_MAX = 256;

/**
 * User name and password that a client must show beside its certificate, in the header of every message. Without such a
 * file a credential is only a name (design.md section 8). File `clients/NAME/password`, mode 0600:
 *
 *   4   rounds of PBKDF2-HMAC-SHA-256, u32 big endian
 *   16  salt
 *   32  PBKDF2 of the password's UTF-8
 *   n   user name, UTF-8: last, because it needs no length then
 */
export class ClientPassword {
  private constructor(
    private readonly username: string,
    private readonly iterations: number,
    private readonly salt: Uint8Array,
    private readonly hash: Uint8Array,
  ) {}

  /** Reads a client's password file; null where there is none. @throws KmsError CLIENT_PASSWORD_DAMAGED; FileError */
  static async read(files: FileSystem, clientFolder: string): Promise<ClientPassword | null> {
    const path = `${clientFolder}/password`;
    const bytes = await readWhole(files, path, 4 + SALT_SIZE_BYTES + HASH_SIZE_BYTES + USER_NAME_BYTES_MAX).catch(
      (error: unknown) => {
        if (error instanceof FileError && error.code === 'NOT_FOUND') return null;
        throw error;
      },
    );
    return bytes === null ? null : ClientPassword.parse(bytes, path);
  }

  /** Reads what {@link record} made. @param path for the message @throws KmsError CLIENT_PASSWORD_DAMAGED */
  static parse(bytes: Uint8Array, path: string): ClientPassword {
    const nameAt = 4 + SALT_SIZE_BYTES + HASH_SIZE_BYTES;
    const iterations = bytes.length > nameAt ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) : 0;
    if (iterations === 0) {
      throw new KmsError('CLIENT_PASSWORD_DAMAGED', `${path} is not a password file.`, 'Set the password again.');
    }
    const username = new TextDecoder().decode(bytes.subarray(nameAt));
    return new ClientPassword(
      username,
      iterations,
      bytes.subarray(4, 4 + SALT_SIZE_BYTES),
      bytes.subarray(4 + SALT_SIZE_BYTES, nameAt),
    );
  }

  /**
   * Content of the file that asks a client for this user name and password.
   *
   * @param o.password UTF-8, at least one byte; the caller zeroes it
   * @throws KmsError CLIENT_PASSWORD_INVALID
   */
  static record(o: {
    readonly username: string;
    readonly password: Uint8Array;
    readonly entropy: Entropy;
  }): Uint8Array {
    const name = new TextEncoder().encode(o.username);
    if (name.length === 0 || name.length > USER_NAME_BYTES_MAX || o.password.length === 0) {
      throw new KmsError(
        'CLIENT_PASSWORD_INVALID',
        `A user name has 1 to ${USER_NAME_BYTES_MAX} bytes, a password at least one.`,
        'Check the user name and the password file.',
      );
    }
    const salt = o.entropy.public(SALT_SIZE_BYTES, 'password salt');
    const hash = pbkdf2Sha256({ password: o.password, salt, iterations: ITERATIONS, lengthBytes: HASH_SIZE_BYTES });
    const file = new Uint8Array(4 + SALT_SIZE_BYTES + HASH_SIZE_BYTES + name.length);
    new DataView(file.buffer).setUint32(0, ITERATIONS);
    file.set(salt, 4);
    file.set(hash, 4 + SALT_SIZE_BYTES);
    file.set(name, 4 + SALT_SIZE_BYTES + HASH_SIZE_BYTES);
    return file;
  }

  /** Refuses a message whose header does not show this user name and password. @throws KmsError CREDENTIAL_REFUSED */
  admit(credential: Credential | undefined): void {
    const isShown = credential?.type === 'UsernameAndPassword' && credential.password !== undefined;
    if (isShown && this.#fits(credential.password ?? new Uint8Array(0)) && credential.username === this.username)
      return;
    throw new KmsError('CREDENTIAL_REFUSED', 'User name and password do not match.');
  }

  #fits(password: Uint8Array): boolean {
    const { salt, iterations } = this;
    const shown = pbkdf2Sha256({ password, salt, iterations, lengthBytes: HASH_SIZE_BYTES });
    return timingSafeEqual(shown, this.hash);
  }
}
