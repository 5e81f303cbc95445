/**
 * The narrow waist of all disk encryption: an engine prepares a key once, the cipher then turns runs of data units
 * over in place. Everything above (IO filter, recrypt, export) sees these two interfaces only.
 *
 * XTS-AES (IEEE 1619-2018 section 5, NIST SP 800-38E). A data unit is what one tweak covers; its number is absolute on
 * the disk and enters the tweak as 16 bytes, little endian.
 */
export interface XtsEngine {
  /** Which implementation this is, for reports. `pooled` is native with workers; `per-unit` the slow yardstick. */
  readonly name: 'native' | 'portable' | 'per-unit' | 'pooled';

  /**
   * Prepares a key.
   *
   * @param key Key1 || Key2: 64 bytes for XTS-AES-256 (the only size a `Dek` has), 32 bytes for XTS-AES-128 (the
   *   standard's own vectors). Read before the call returns, never kept: the caller zeroes it.
   * @throws CryptoError LENGTH for another length, KEY_HALVES_EQUAL when Key1 = Key2 (OpenSSL would still decrypt)
   */
  prepare(key: Uint8Array): XtsCipher;

  /**
   * Makes a buffer in which this engine works fastest, so that files are read straight into it. Runs on any part of it
   * and on any other memory give the same bytes; only the copying differs.
   *
   * @param sizeBytes 1 or more; meant for buffers that are kept, not for one request each
   */
  allocateBuffer(sizeBytes: number): Uint8Array;
}

/** One prepared XTS key. Works in place and holds the key until `dispose`. */
export interface XtsCipher {
  /**
   * Encrypts a run of consecutive data units in place.
   *
   * @param units the bytes of the units, one after another; an empty run does nothing
   * @param firstUnit number of the first data unit, 0 to 2^64 - 1; the last one must not pass 2^64 - 1
   * @param unitSizeBytes 16 to 16 777 216, a multiple of 16; disks use 512 or 4096
   * @throws CryptoError UNIT_SIZE, UNIT_RANGE, DISPOSED; `units` is unchanged then
   */
  encryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void;

  /** Decrypts a run of consecutive data units in place; parameters and refusals as for {@link encryptRun}. */
  decryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void;

  /**
   * Encrypts as {@link encryptRun} does, with workers where the engine has them and the run is worth the trip. Nobody
   * may touch `units` until the promise settles. Runs of one engine settle in the order in which they were asked for.
   *
   * @throws CryptoError (rejects) as `encryptRun`; WORKER_FAILED when a worker was lost, `units` is then undefined
   */
  encryptLargeRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): Promise<void>;

  /** Decrypts as {@link encryptLargeRun} encrypts. */
  decryptLargeRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): Promise<void>;

  /**
   * Encrypts one data unit of any whole number of bytes in place, with ciphertext stealing where it does not end on a
   * block (IEEE 1619-2018 section 5.3.2). Disks never need it; vectors and other formats do.
   *
   * @param unit 16 to 16 777 216 bytes
   * @param tweak the 16 bytes that Key2 encrypts
   * @throws CryptoError UNIT_SIZE, LENGTH, DISPOSED; `unit` is unchanged then
   */
  encryptUnit(unit: Uint8Array, tweak: Uint8Array): void;

  /** Decrypts one data unit of any whole number of bytes in place; as {@link encryptUnit}. */
  decryptUnit(unit: Uint8Array, tweak: Uint8Array): void;

  /** Zeroes what can be zeroed and lets go of the rest. Every later call throws DISPOSED; a second dispose is silent. */
  dispose(): void;
}

/** The data unit sizes of this project's disks; the engines take others too. */
export type DataUnitSizeBytes = 512 | 4096;

/** Which way a run goes. */
export type Direction = 'encrypt' | 'decrypt';
