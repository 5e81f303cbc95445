/** Every way in which this package says no. */
export type CryptoErrorCode =
  /** A key, IV, nonce, tweak or output length that the algorithm does not know. */
  | 'LENGTH'
  /** Key1 and Key2 of an XTS key are equal (IEEE 1619-2018 section 5.1, FIPS 140 IG C.I). */
  | 'KEY_HALVES_EQUAL'
  /** A data unit size outside 16 B to 16 MiB, or a run that is not a whole number of data units. */
  | 'UNIT_SIZE'
  /** A data unit number outside 0 to 2^64 - 1. */
  | 'UNIT_RANGE'
  /** Wrong KEK, or a changed byte: MAC and padding are not told apart. */
  | 'LOCKED_DATA_MISMATCH'
  /** The MAC is right and what it protects is not a crypto dictionary as we write it. */
  | 'LOCKED_DATA_MALFORMED'
  /** An AES-GCM envelope or a sealed page whose tag does not fit its bytes, key and context. */
  | 'ENVELOPE_MISMATCH'
  /** A wrapped key whose integrity check value does not fit. */
  | 'KEY_WRAP_MISMATCH'
  /** A parcel that was opened, split or disposed of before. */
  | 'PARCEL_SPENT'
  /** A holder that was disposed of. */
  | 'DISPOSED'
  /** An engine whose start-up self-test failed. */
  | 'SELF_TEST_FAILED'
  /** A worker of the pool failed or the pool was closed. */
  | 'WORKER_FAILED';

/** A refusal of this package. `message` is a sentence for people and never holds key bytes; `code` is for programs. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError';
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
