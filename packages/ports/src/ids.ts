import type { Brand } from './brand.js';

/** Identifier of a KEK as its key server gave it: the KMIP Unique Identifier. Any text, often a UUID. */
export type KeyId = Brand<string, 'KeyId'>;
/** Name of a key provider (of a key-provider cluster, for a standard provider). Hosts and VMs find it by this name. */
export type ProviderId = Brand<string, 'ProviderId'>;
/** Name of one key server inside a provider. */
export type KeyServerName = Brand<string, 'KeyServerName'>;
/** Name of an ESXi host in the inventory. */
export type HostName = Brand<string, 'HostName'>;
/** Hardware UUID of an ESXi host. */
export type HostUuid = Brand<string, 'HostUuid'>;
/** Name of a VM in the inventory. */
export type VmName = Brand<string, 'VmName'>;
/** Instance UUID of a VM. */
export type VmUuid = Brand<string, 'VmUuid'>;
/** UUID of a virtual disk (`ddb.uuid`). */
export type DiskUuid = Brand<string, 'DiskUuid'>;

/** Names one key: VMware's CryptoKeyId. The provider is found by name, the key by its ID there. */
export interface CryptoKeyId {
  readonly keyId: KeyId;
  readonly providerId: ProviderId;
}

/** Says whether two CryptoKeyId name the same key. */
export function sameKeyId(a: CryptoKeyId, b: CryptoKeyId): boolean {
  return a.keyId === b.keyId && a.providerId === b.providerId;
}

/** `keyId/providerId`, as vCenter prints it in its messages ("Key 44/corp-kms not found"). */
export function formatKeyId(id: CryptoKeyId): string {
  return `${id.keyId}/${id.providerId}`;
}
