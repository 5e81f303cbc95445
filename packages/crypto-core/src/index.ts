export { type EnvelopeOptions, openEnvelope, sealEnvelope } from './aead/envelope.js';
export { gcmOpen, gcmSeal } from './aead/gcm.js';
export { CryptoError, type CryptoErrorCode } from './errors.js';
export { counterKdfFixedInput, counterKdfHmacSha256, type FieldBits } from './kdf/counter-kdf.js';
export { type HashEngine, hashesOf, NATIVE_HASHES, PORTABLE_HASHES } from './kdf/hash-engine.js';
export type { HashName } from './kdf/hash-name.js';
export { hkdfSha256 } from './kdf/hkdf.js';
export { hmac, hmacSha256 } from './kdf/hmac.js';
export { type Pbkdf2Input, pbkdf2, pbkdf2Sha256 } from './kdf/pbkdf2.js';
export { DEK_SIZE_BYTES, Dek, resealDek } from './keys/dek.js';
export { KEK_SIZE_BYTES, Kek } from './keys/kek.js';
export type { KeyBinding } from './locked/crypto-dictionary.js';
export { type PageOptions, SEALED_PAGE_OVERHEAD_BYTES } from './locked/sealed-page.js';
export { type PooledEngine, pooledEngine, SMALLEST_POOLED_RUN_BYTES } from './pool/pooled-engine.js';
export { type RunCipher, turnStream } from './range/unit-stream.js';
export {
  aesKeyUnwrap,
  aesKeyUnwrapPadded,
  aesKeyWrap,
  aesKeyWrapPadded,
  type WrappingKey,
} from './wrap/key-wrap.js';
export { autoEngine } from './xts/auto-engine.js';
export { nativeEngine } from './xts/native-engine.js';
export { perUnitEngine } from './xts/per-unit-engine.js';
export { portableEngine } from './xts/portable-engine.js';
export type { DataUnitSizeBytes, Direction, XtsCipher, XtsEngine } from './xts/xts-engine.js';
