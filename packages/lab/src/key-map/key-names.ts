import type { CryptoKeyId } from '@vcryptsim/ports';
import type { World } from '../world/world.js';

/** How many characters of a key's ID are shown where space is short. */
const SHORT_ID = 8;

/** The beginning of a key's ID, enough to tell the keys of a lab apart. */
export function shortId(id: CryptoKeyId): string {
  return id.keyId.slice(0, SHORT_ID);
}

/** What a key is called in a scenario: the VM whose KEK it is, `host-key`, or its short ID. */
export function nameOfKey(world: World, id: CryptoKeyId): string {
  const vm = world.vcenter.vms().find((each) => each.keyId?.keyId === id.keyId);
  if (vm !== undefined) return vm.name;
  const isHostKey = world.vcenter.computeResources().some((cluster) => cluster.hostKeyId?.keyId === id.keyId);
  return isHostKey ? 'host-key' : shortId(id);
}
