import type { Clock, Entropy, MoRef } from '@vcryptsim/ports';
import type { Authorization } from '../access/authorization.js';
import type { ClientCertificates } from '../crypto/client-certificates.js';
import type { EncryptionMode } from '../crypto/encryption-mode.js';
import type { KeyDelivery } from '../crypto/key-delivery.js';
import type { KeyProviders } from '../crypto/key-providers.js';
import type { KeyProvision } from '../crypto/key-provision.js';
import type { KeyServerHealth } from '../crypto/key-server-health.js';
import type { KeyServers } from '../crypto/key-servers.js';
import type { Keys } from '../crypto/keys.js';
import type { Vecs } from '../crypto/vecs.js';
import type { VcDatabase } from '../database/vc-database.js';
import type { HostConnections } from '../inventory/host-connections.js';
import type { Inventory } from '../inventory/inventory.js';
import type { KeyServerLink } from '../kmip/key-server-link.js';
import type { StoragePolicies } from '../policies/storage-policies.js';
import type { EventLog } from '../records/event-log.js';
import type { Tasks } from '../records/tasks.js';
import type { Remediation } from '../remediation/remediation.js';
import type { VmWatch } from '../remediation/vm-watch.js';
import type { VCenterSettings } from '../terms/settings.js';
import type { VCenterVersion } from '../terms/versions.js';

/** What the operations work with. */
export interface OperationContext {
  readonly version: VCenterVersion;
  readonly settings: VCenterSettings;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly database: VcDatabase;
  readonly inventory: Inventory;
  readonly authorization: Authorization;
  readonly policies: StoragePolicies;
  readonly eventLog: EventLog;
  readonly tasks: Tasks;
  readonly hosts: HostConnections;
  readonly providers: KeyProviders;
  readonly vecs: Vecs;
  readonly link: KeyServerLink;
  readonly servers: KeyServers;
  readonly health: KeyServerHealth;
  readonly certificates: ClientCertificates;
  readonly keys: Keys;
  readonly encryptionMode: EncryptionMode;
  readonly delivery: KeyDelivery;
  readonly provision: KeyProvision;
  readonly watch: VmWatch;
  readonly remediation: Remediation;
  /** The same, for one operation: what happens in it is told under its ID. */
  readonly inNameOf: (operationId: string) => OperationContext;
  /** Begins the heartbeat of a host that was added. */
  readonly watchHost: (id: MoRef<'HostSystem'>) => void;
}
