export { factsOf, isPrivilege, PRIVILEGE_IDS, PRIVILEGES, type Privilege } from './access/privileges.js';
export { SHIPPED_ROLES } from './access/shipped-roles.js';
export { addRole } from './operations/access/add-role.js';
export { createUser } from './operations/access/create-user.js';
export { removeEntityPermission } from './operations/access/remove-entity-permission.js';
export { removeRole } from './operations/access/remove-role.js';
export { removeUser } from './operations/access/remove-user.js';
export { setEntityPermission } from './operations/access/set-entity-permission.js';
export { updateRole } from './operations/access/update-role.js';
export { OPERATIONS } from './operations/catalogue.js';
export { isNeededIn } from './operations/door.js';
export { addHost } from './operations/host/add-host.js';
export { addStandaloneHost } from './operations/host/add-standalone-host.js';
export { reconnectHost } from './operations/host/reconnect-host.js';
export { createCluster } from './operations/inventory/create-cluster.js';
export { createDatacenter } from './operations/inventory/create-datacenter.js';
export { createFolder } from './operations/inventory/create-folder.js';
export { generateClientCsr } from './operations/key-providers/generate-client-csr.js';
export { generateProviderKey } from './operations/key-providers/generate-key.js';
export { generateSelfSignedClientCert } from './operations/key-providers/generate-self-signed-client-cert.js';
export { generateVmcaClientCert } from './operations/key-providers/generate-vmca-client-cert.js';
export { listKmipServers } from './operations/key-providers/list-kmip-servers.js';
export { markDefault } from './operations/key-providers/mark-default.js';
export { registerKmipServer } from './operations/key-providers/register-kmip-server.js';
export { removeKmipServer } from './operations/key-providers/remove-kmip-server.js';
export { retrieveClientCert } from './operations/key-providers/retrieve-client-cert.js';
export { retrieveClientCsr } from './operations/key-providers/retrieve-client-csr.js';
export { retrieveKmipServerCert } from './operations/key-providers/retrieve-kmip-server-cert.js';
export { retrieveKmipServersStatus } from './operations/key-providers/retrieve-kmip-servers-status.js';
export { retrieveVmcaRootCert } from './operations/key-providers/retrieve-vmca-root-cert.js';
export { updateKmipServer } from './operations/key-providers/update-kmip-server.js';
export { updateKmsSignedCsrClientCert } from './operations/key-providers/update-kms-signed-csr-client-cert.js';
export { uploadClientCert } from './operations/key-providers/upload-client-cert.js';
export { uploadKmipServerCert } from './operations/key-providers/upload-kmip-server-cert.js';
export type {
  AnyOperation,
  Caller,
  ObjectType,
  PlainOperation,
  PrivilegeNeed,
  TaskOperation,
} from './operations/operation.js';
export { checkCompliance } from './operations/policies/check-compliance.js';
export { createPolicy } from './operations/policies/create-policy.js';
export { deletePolicy } from './operations/policies/delete-policy.js';
export { queryPolicies } from './operations/policies/query-policies.js';
export { updatePolicy } from './operations/policies/update-policy.js';
export { cancelTask } from './operations/tasks/cancel-task.js';
export { cloneVm } from './operations/vm/clone-vm.js';
export { consolidateVmDisks } from './operations/vm/consolidate-vm-disks.js';
export { createSnapshot } from './operations/vm/create-snapshot.js';
export { createVm } from './operations/vm/create-vm.js';
export { cryptoUnlockVm } from './operations/vm/crypto-unlock-vm.js';
export { type ExportLease, exportVm } from './operations/vm/export-vm.js';
export { markAsTemplate } from './operations/vm/mark-as-template.js';
export { markAsVirtualMachine } from './operations/vm/mark-as-virtual-machine.js';
export { powerOffVm } from './operations/vm/power-off-vm.js';
export { powerOnVm } from './operations/vm/power-on-vm.js';
export { reconfigVm } from './operations/vm/reconfig-vm.js';
export { registerVm } from './operations/vm/register-vm.js';
export { removeAllSnapshots } from './operations/vm/remove-all-snapshots.js';
export { type RemoveSnapshotArguments, removeSnapshot } from './operations/vm/remove-snapshot.js';
export { type RevertToSnapshotArguments, revertToSnapshot } from './operations/vm/revert-to-snapshot.js';
export { suspendVm } from './operations/vm/suspend-vm.js';
export { unregisterVm } from './operations/vm/unregister-vm.js';
export { VCENTER_VERSIONS, type VCenterVersion } from './terms/versions.js';
