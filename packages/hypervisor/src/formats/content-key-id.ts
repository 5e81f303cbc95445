/**
 * `keyID` of a descriptor: a 32-bit number by which one DEK is told from another, drawn like a content ID when the DEK is
 * made. VMware's tools print it as eight hex digits, `00000000` for a disk without a key (facts/vsphere-formats.md Q3).
 * It is not the ID of a KEK: that one is in `encryptionKeys`, and a shallow recrypt leaves this number as it is.
 */
export const NO_CONTENT_KEY = '00000000';

/** The number as we write it. */
export function formatContentKeyId(id: number): string {
  return id.toString(16).padStart(8, '0');
}

/** As {@link formatContentKeyId} writes it, of whatever spelling; what is no such number is given back as it is. */
export function normalContentKeyId(written: string): string {
  return /^[0-9a-fA-F]{1,8}$/.test(written) ? written.toLowerCase().padStart(8, '0') : written;
}
