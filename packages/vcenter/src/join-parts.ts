import type { MoRef } from '@vcryptsim/ports';
import { Authorization } from './access/authorization.js';
import { ClientCertificates } from './crypto/client-certificates.js';
import { EncryptionMode } from './crypto/encryption-mode.js';
import { KeyDelivery } from './crypto/key-delivery.js';
import { KeyProviders } from './crypto/key-providers.js';
import { KeyProvision } from './crypto/key-provision.js';
import { KeyServerHealth } from './crypto/key-server-health.js';
import { KeyServers } from './crypto/key-servers.js';
import { Keys } from './crypto/keys.js';
import type { KmipServerStatus } from './crypto/kmip-server-status.js';
import { Vecs } from './crypto/vecs.js';
import type { VcDatabase } from './database/vc-database.js';
import { HostConnections } from './inventory/host-connections.js';
import { Inventory } from './inventory/inventory.js';
import { OBSERVED_CONVERSATION } from './kmip/conversation-profile.js';
import { KeyServerLink } from './kmip/key-server-link.js';
import type { OperationContext } from './operations/operation-context.js';
import { StoragePolicies } from './policies/storage-policies.js';
import { Alarms } from './records/alarms.js';
import { EventLog } from './records/event-log.js';
import { Tasks } from './records/tasks.js';
import { Remediation, RemediationMemory } from './remediation/remediation.js';
import { VmWatch, VmWatchMemory } from './remediation/vm-watch.js';
import { inNameOf } from './terms/in-name-of.js';
import type { VCenterOptions } from './terms/requests.js';
import { DEFAULT_SETTINGS } from './terms/settings.js';
import { Turns } from './terms/turns.js';
import type { VCenterVersion } from './terms/versions.js';

/**
 * Joins the parts of a vCenter. What remembers something there is once. What only acts and tells of it is made again for
 * an operation that has an ID, and tells of it under that ID (decision 0017).
 */
export function joinParts(
  o: VCenterOptions,
  database: VcDatabase,
  version: VCenterVersion,
  watchHost: (id: MoRef<'HostSystem'>) => void,
): OperationContext {
  const { clock, entropy, keyPairs, network, events } = o;
  const settings = { ...DEFAULT_SETTINGS, ...o.settings };
  const wholeInventory = new Inventory(database, events);
  const vecs = new Vecs(o.files, `${o.folder}/vecs`);
  const link = new KeyServerLink({ network, clock, timeoutMs: settings.kmsTimeoutMs });
  const tasks = new Tasks(database, clock, events);
  const policies = new StoragePolicies(database);
  const [connections, statuses] = [new Map<MoRef<'HostSystem'>, number>(), new Map<string, KmipServerStatus>()];
  const certificates = new ClientCertificates({
    ...{ providers: new KeyProviders(database, events), vecs, clock, entropy, keyPairs, observer: events },
  });
  const [turns, ofWatch, ofRemediation] = [new Turns<MoRef>(), new VmWatchMemory(), new RemediationMemory()];
  const contextOf = (operationId?: string): OperationContext => {
    const observer = inNameOf(operationId, events);
    const eventLog = new EventLog(database, clock, observer, version);
    const alarms = new Alarms(database, clock, observer);
    const inventory = operationId === undefined ? wholeInventory : wholeInventory.toldTo(observer);
    const hosts = new HostConnections({ links: o.hosts, inventory, eventLog, observer, connections });
    const providers = new KeyProviders(database, observer);
    const servers = new KeyServers({ link, vecs, providers, observer, operationId });
    const keys = new Keys({ servers, profile: OBSERVED_CONVERSATION, eventLog, observer });
    const encryptionMode = new EncryptionMode({ keys, providers, inventory, eventLog, alarms, observer, turns });
    const delivery = new KeyDelivery({ keys, eventLog, observer });
    const provision = new KeyProvision(encryptionMode, delivery);
    const watch = new VmWatch({ inventory, eventLog, alarms, observer, memory: ofWatch });
    return {
      ...{ version, settings, clock, entropy, database, inventory, eventLog, hosts, providers, vecs, link, servers },
      ...{
        keys,
        encryptionMode,
        delivery,
        provision,
        watch,
        watchHost,
        policies,
        tasks,
        certificates,
        inNameOf: contextOf,
      },
      authorization: new Authorization(database, inventory),
      health: new KeyServerHealth({ servers, providers, eventLog, alarms, clock, observer, statuses }),
      remediation: new Remediation({ hosts, inventory, provision, watch, memory: ofRemediation }),
    };
  };
  return contextOf();
}
