import type { CryptoKeyId, HostName, KeyServerName, ProviderId, VmUuid } from '@vcryptsim/ports';

/** A step of the KMIP conversation, each on a connection of its own (facts/kmip.md part 2). */
export type KmipStep = 'CREATE' | 'TAG_PRODUCT' | 'FETCH' | 'TAG_CONSUMER' | 'PROBE' | 'HEALTH' | 'REFRESH';

/** Health of a key server as its status says. */
export type ServerHealth = 'green' | 'red' | 'gray';

type Told =
  | { readonly type: 'VCENTER_BOOTED'; readonly hosts: number; readonly vms: number }
  | { readonly type: 'VCENTER_STOPPED' }
  | { readonly type: 'TASK_STARTED'; readonly task: string; readonly name: string }
  | {
      readonly type: 'TASK_ENDED';
      readonly task: string;
      readonly name: string;
      readonly state: 'queued' | 'running' | 'success' | 'error';
      readonly code: string | null;
    }
  | { readonly type: 'EVENT_RECORDED'; readonly id: number; readonly eventType: string; readonly entity: string }
  | { readonly type: 'ALARM_RAISED'; readonly alarm: string; readonly entity: string; readonly entityId: string }
  | { readonly type: 'ALARM_CLEARED'; readonly alarm: string; readonly entity: string; readonly entityId: string }
  | { readonly type: 'CLUSTER_ADDED'; readonly cluster: string }
  | { readonly type: 'HOST_ADDED'; readonly host: HostName; readonly cluster: string }
  | { readonly type: 'HOST_SEEN'; readonly host: HostName; readonly incarnation: number }
  | { readonly type: 'HOST_LOST'; readonly host: HostName }
  | { readonly type: 'HOST_CRYPTO_ENABLED'; readonly host: HostName; readonly keyId: CryptoKeyId }
  | { readonly type: 'VM_ADDED'; readonly vm: VmUuid; readonly host: HostName }
  | { readonly type: 'VM_REMOVED'; readonly vm: VmUuid }
  | { readonly type: 'VM_LOCK_SEEN'; readonly vm: VmUuid; readonly missingKeys: number }
  | { readonly type: 'VM_UNLOCK_SEEN'; readonly vm: VmUuid }
  | { readonly type: 'PROVIDER_CHANGED'; readonly providerId: ProviderId; readonly servers: number }
  | { readonly type: 'DEFAULT_PROVIDER_CHANGED'; readonly providerId: ProviderId }
  | { readonly type: 'CLIENT_CERTIFICATE_MADE'; readonly providerId: ProviderId }
  | { readonly type: 'CLIENT_CERTIFICATE_UPLOADED'; readonly providerId: ProviderId }
  | { readonly type: 'CLIENT_REQUEST_MADE'; readonly providerId: ProviderId }
  | { readonly type: 'SERVER_TRUSTED'; readonly providerId: ProviderId; readonly server: KeyServerName }
  | {
      readonly type: 'SERVER_HEALTH_CHANGED';
      readonly providerId: ProviderId;
      readonly server: KeyServerName;
      readonly health: ServerHealth;
    }
  | {
      readonly type: 'KMS_STEP_DONE';
      readonly step: KmipStep;
      readonly providerId: ProviderId;
      readonly server: KeyServerName;
    }
  | {
      readonly type: 'KMS_STEP_FAILED';
      readonly step: KmipStep;
      readonly providerId: ProviderId;
      readonly server: KeyServerName;
      readonly code: string;
    }
  | { readonly type: 'TAGGING_REFUSED'; readonly keyId: CryptoKeyId; readonly server: KeyServerName }
  | { readonly type: 'KEY_GENERATED'; readonly keyId: CryptoKeyId; readonly server: KeyServerName }
  | { readonly type: 'KEY_FETCHED'; readonly keyId: CryptoKeyId; readonly server: KeyServerName }
  | { readonly type: 'KEY_PUSHED'; readonly keyId: CryptoKeyId; readonly host: HostName }
  | {
      readonly type: 'KEY_PUSH_FAILED';
      readonly keyId: CryptoKeyId;
      readonly host: HostName;
      readonly code: string;
    };

/**
 * What vCenter tells the observer of a run. These are not vCenter's own Events: those are {@link EventRecord}s in its
 * database.
 */
export type VCenterEvent = Told & {
  /** ID that the caller gave the operation in which it happened; left out where nobody gave one. */
  readonly operationId?: string;
};
