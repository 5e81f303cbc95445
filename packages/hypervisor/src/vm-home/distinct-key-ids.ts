import { type CryptoKeyId, sameKeyId } from '@vcryptsim/ports';

/** Each key once, in the order of first mention. */
export function distinctKeyIds(ids: readonly CryptoKeyId[]): readonly CryptoKeyId[] {
  return ids.filter((id, index) => ids.findIndex((other) => sameKeyId(id, other)) === index);
}
