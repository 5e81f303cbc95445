import { CryptoError, Dek, Kek, nativeEngine } from '@vcryptsim/crypto-core';
import { parseBundle } from '@vcryptsim/hypervisor/formats';
import { type CryptoKeyId, sameKeyId } from '@vcryptsim/ports';

/** What comes of a bundle where one key is at hand: it opens, it asks for another key, or the code of its refusal. */
export function openOrRefusal(bundle: string, key: { id: CryptoKeyId; bytes: Uint8Array }): string {
  const kek = Kek.take(key.bytes.slice());
  try {
    for (const { keyId, locked } of parseBundle(bundle, 'f')) {
      if (!sameKeyId(keyId, key.id)) continue;
      Dek.unseal({ engine: nativeEngine(), kek, locked }).dek.dispose();
      return 'opens';
    }
    return 'asks for another key';
  } catch (error) {
    if (error instanceof CryptoError) return error.code;
    if ((error as Error).name !== 'HypervisorError') throw error;
    return (error as { code: string }).code;
  } finally {
    kek.dispose();
  }
}
