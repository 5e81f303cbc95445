import { addRole } from './access/add-role.js';
import { createUser } from './access/create-user.js';
import { removeEntityPermission } from './access/remove-entity-permission.js';
import { removeRole } from './access/remove-role.js';
import { removeUser } from './access/remove-user.js';
import { setEntityPermission } from './access/set-entity-permission.js';
import { updateRole } from './access/update-role.js';
import { addHost } from './host/add-host.js';
import { addStandaloneHost } from './host/add-standalone-host.js';
import { reconnectHost } from './host/reconnect-host.js';
import { createCluster } from './inventory/create-cluster.js';
import { createDatacenter } from './inventory/create-datacenter.js';
import { createFolder } from './inventory/create-folder.js';
import { generateClientCsr } from './key-providers/generate-client-csr.js';
import { generateProviderKey } from './key-providers/generate-key.js';
import { generateSelfSignedClientCert } from './key-providers/generate-self-signed-client-cert.js';
import { generateVmcaClientCert } from './key-providers/generate-vmca-client-cert.js';
import { listKmipServers } from './key-providers/list-kmip-servers.js';
import { markDefault } from './key-providers/mark-default.js';
import { registerKmipServer } from './key-providers/register-kmip-server.js';
import { removeKmipServer } from './key-providers/remove-kmip-server.js';
import { retrieveClientCert } from './key-providers/retrieve-client-cert.js';
import { retrieveClientCsr } from './key-providers/retrieve-client-csr.js';
import { retrieveKmipServerCert } from './key-providers/retrieve-kmip-server-cert.js';
import { retrieveKmipServersStatus } from './key-providers/retrieve-kmip-servers-status.js';
import { retrieveVmcaRootCert } from './key-providers/retrieve-vmca-root-cert.js';
import { updateKmipServer } from './key-providers/update-kmip-server.js';
import { updateKmsSignedCsrClientCert } from './key-providers/update-kms-signed-csr-client-cert.js';
import { uploadClientCert } from './key-providers/upload-client-cert.js';
import { uploadKmipServerCert } from './key-providers/upload-kmip-server-cert.js';
import type { AnyOperation } from './operation.js';
import { checkCompliance } from './policies/check-compliance.js';
import { createPolicy } from './policies/create-policy.js';
import { deletePolicy } from './policies/delete-policy.js';
import { queryPolicies } from './policies/query-policies.js';
import { updatePolicy } from './policies/update-policy.js';
import { cancelTask } from './tasks/cancel-task.js';
import { cloneVm } from './vm/clone-vm.js';
import { consolidateVmDisks } from './vm/consolidate-vm-disks.js';
import { createSnapshot } from './vm/create-snapshot.js';
import { createVm } from './vm/create-vm.js';
import { cryptoUnlockVm } from './vm/crypto-unlock-vm.js';
import { exportVm } from './vm/export-vm.js';
import { markAsTemplate } from './vm/mark-as-template.js';
import { markAsVirtualMachine } from './vm/mark-as-virtual-machine.js';
import { powerOffVm } from './vm/power-off-vm.js';
import { powerOnVm } from './vm/power-on-vm.js';
import { reconfigVm } from './vm/reconfig-vm.js';
import { registerVm } from './vm/register-vm.js';
import { removeAllSnapshots } from './vm/remove-all-snapshots.js';
import { removeSnapshot } from './vm/remove-snapshot.js';
import { revertToSnapshot } from './vm/revert-to-snapshot.js';
import { suspendVm } from './vm/suspend-vm.js';
import { unregisterVm } from './vm/unregister-vm.js';

/** Every operation of vCenter, in the order in which lists show them. */
export const OPERATIONS: readonly AnyOperation[] = [
  createCluster,
  createDatacenter,
  createFolder,
  addHost,
  addStandaloneHost,
  reconnectHost,
  cloneVm,
  consolidateVmDisks,
  createSnapshot,
  createVm,
  cryptoUnlockVm,
  markAsTemplate,
  markAsVirtualMachine,
  exportVm,
  powerOffVm,
  powerOnVm,
  reconfigVm,
  registerVm,
  removeAllSnapshots,
  removeSnapshot,
  revertToSnapshot,
  suspendVm,
  unregisterVm,
  generateClientCsr,
  generateProviderKey,
  generateSelfSignedClientCert,
  generateVmcaClientCert,
  listKmipServers,
  markDefault,
  registerKmipServer,
  removeKmipServer,
  retrieveClientCert,
  retrieveClientCsr,
  retrieveKmipServerCert,
  retrieveKmipServersStatus,
  retrieveVmcaRootCert,
  updateKmipServer,
  updateKmsSignedCsrClientCert,
  uploadClientCert,
  uploadKmipServerCert,
  checkCompliance,
  createPolicy,
  deletePolicy,
  queryPolicies,
  updatePolicy,
  addRole,
  createUser,
  removeEntityPermission,
  removeRole,
  removeUser,
  setEntityPermission,
  updateRole,
  cancelTask,
] as readonly unknown[] as readonly AnyOperation[];
