// Keys and VMs with which the contract of HostApi is tried.
import { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import type { KeyGrant, VmCreateSpec } from '@vcryptsim/hypervisor/api';
import { type CryptoKeyId, type KeyId, type ProviderId, sectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';

export const idOf = (name: string, provider = 'corp-kms'): CryptoKeyId => ({
  keyId: name as KeyId,
  providerId: provider as ProviderId,
});
export const grantOf = (name: string, provider?: string): KeyGrant => ({
  id: idOf(name, provider),
  parcel: KeyParcel.seal(new Uint8Array(32).map((_, at) => at + name.length)),
});
export const spentGrant = (name: string): KeyGrant => {
  const grant = grantOf(name);
  grant.parcel.dispose();
  return grant;
};
export const VM = '4f1d1d0e-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;
export const OTHER_VM = '5a5a5a5a-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;
export const STRANGER = '11111111-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;
export const disk = { capacity: sectorCount(16) };
export const encryptWith = (name: string) => ({ type: 'Encrypt', cryptoKeyId: idOf(name) }) as const;
export const plainVm: VmCreateSpec = { name: 'plain' as VmName, uuid: OTHER_VM, disks: [disk] };
export const encryptedVm: VmCreateSpec = {
  name: 'web' as VmName,
  uuid: VM,
  crypto: encryptWith('vm-key'),
  disks: [disk],
};
