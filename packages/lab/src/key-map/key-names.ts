import type { CryptoKeyId } from '@vcryptsim/ports';
import type { World } from '../world/world.js';

/** How many characters of a key's ID are shown where space is short. */
const SHORT_ID = 8;

/** The beginning of a key's ID, enough to tell the keys of a lab apart. */
export function shortId(id: CryptoKeyId): string {
  return id.keyId.slice(0, SHORT_ID);
}

/**
 * What keys are called in a scenario now: the VM whose KEK it is, `host-key`, or its short ID. Looked up once, so n keys
 * cost n.
 */
export function keyNames({ vcenter }: World): (id: CryptoKeyId) => string {
  const names = new Map<string, string>();
  for (const { name, keyId } of vcenter.vms()) {
    if (keyId !== null && !names.has(keyId.keyId)) names.set(keyId.keyId, name);
  }
  const hostKeys = new Set(vcenter.computeResources().map(({ hostKeyId }) => hostKeyId?.keyId));
  return (id) => names.get(id.keyId) ?? (hostKeys.has(id.keyId) ? 'host-key' : shortId(id));
}
