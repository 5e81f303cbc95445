import { NO_CONTENT_KEY, normalContentKeyId } from './content-key-id.js';
import type { VmdkDescriptor } from './vmdk-descriptor.js';

const FILTER = 'vmwarevmcrypt';

/**
 * Says whether a descriptor speaks of encryption at all: of sealed keys, of a key's ID, or of the IO filter. Any sign is
 * enough: nobody is told "not encrypted" of a disk whose descriptor speaks of a key.
 */
export function hasEncryptionSign({ header, ddb }: VmdkDescriptor): boolean {
  const filters = [...ddb].find(([name]) => name.toLowerCase() === 'iofilters')?.[1] ?? '';
  return (
    contentKeyIdOf({ header }) !== null ||
    filters.toLowerCase().includes(FILTER) ||
    // encryptionKeys, and what other releases may write.
    [...header.keys()].some((name) => name.startsWith('encryption'))
  );
}

/** `keyID` of a descriptor as we write it, or null where there is none; 00000000 is "no key" (vsphere-formats.md Q3). */
export function contentKeyIdOf({ header }: Pick<VmdkDescriptor, 'header'>): string | null {
  const keyId = normalContentKeyId(header.get('keyid') ?? NO_CONTENT_KEY);
  return keyId === NO_CONTENT_KEY ? null : keyId;
}
