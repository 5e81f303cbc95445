import type { CryptographicAlgorithm } from '@vcryptsim/kmip-lite';

/** Lengths in bits that Create makes, and the bytes of material of each. Triple DES counts 56 of 64 bits (KMIP 1.1 section 3.5). */
const LENGTHS: Readonly<Partial<Record<CryptographicAlgorithm, Readonly<Record<number, number>>>>> = {
  AES: { 128: 16, 192: 24, 256: 32 },
  DES3: { 112: 16, 128: 16, 168: 24, 192: 24 },
  SKIPJACK: { 80: 10 },
  Camellia: { 128: 16, 192: 24, 256: 32 },
  HMACSHA1: { 160: 20, 256: 32, 512: 64 },
  HMACSHA256: { 256: 32, 512: 64 },
  HMACSHA384: { 384: 48, 512: 64, 1024: 128 },
  HMACSHA512: { 512: 64, 1024: 128 },
};

/** Bytes of a fresh key, or null for an algorithm or a length that Create does not make. */
export function materialBytes(algorithm: CryptographicAlgorithm, lengthBits: number): number | null {
  return LENGTHS[algorithm]?.[lengthBits] ?? null;
}

/** Sets the lowest bit of each byte of a DES key so that its number of ones is odd (FIPS 46-3). In place. */
export function setDesParity(material: Uint8Array): void {
  for (const [place, byte] of material.entries()) {
    let ones = 0;
    for (let bits = byte >> 1; bits > 0; bits >>= 1) ones += bits & 1;
    material[place] = (byte & 0xfe) | (ones % 2 === 0 ? 1 : 0);
  }
}
