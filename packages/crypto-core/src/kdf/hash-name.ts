/** The hash functions under HMAC and PBKDF2 that the formats of this field use. */
export type HashName = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
