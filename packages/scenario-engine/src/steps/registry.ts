import { clusterCreate } from './cluster/create.js';
import { datacenterCreate } from './datacenter/create.js';
import { faultClear } from './fault/clear.js';
import { faultDisk } from './fault/disk.js';
import { faultKms } from './fault/kms.js';
import { faultLink } from './fault/link.js';
import { faultPowerCut } from './fault/power-cut.js';
import { fileCopy } from './file/copy.js';
import { fileEdit } from './file/edit.js';
import { fileRestore } from './file/restore.js';
import { folderCreate } from './folder/create.js';
import { hostAdd } from './host/add.js';
import { hostAddStandalone } from './host/add-standalone.js';
import { hostCrash } from './host/crash.js';
import { hostHang } from './host/hang.js';
import { hostReboot } from './host/reboot.js';
import { hostReconnect } from './host/reconnect.js';
import { hostRelease } from './host/release.js';
import { keyGenerate } from './key/generate.js';
import { kmsStart } from './kms/start.js';
import { kmsStop } from './kms/stop.js';
import { permissionRemove } from './permission/remove.js';
import { permissionSet } from './permission/set.js';
import { policyCheck } from './policy/check.js';
import { policyCreate } from './policy/create.js';
import { policyDelete } from './policy/delete.js';
import { policyUpdate } from './policy/update.js';
import { providerAddServer } from './provider/add-server.js';
import { providerCheck } from './provider/check.js';
import { providerMarkDefault } from './provider/mark-default.js';
import { providerRemoveServer } from './provider/remove-server.js';
import { providerTrustServer } from './provider/trust-server.js';
import { roleAdd } from './role/add.js';
import { roleRemove } from './role/remove.js';
import { roleUpdate } from './role/update.js';
import { sitePowerCut } from './site/power-cut.js';
import type { StepKind } from './step-kind.js';
import { act } from './story/act.js';
import { say } from './story/say.js';
import { scan } from './story/scan.js';
import { until } from './story/until.js';
import { wait } from './story/wait.js';
import { taskCancel } from './task/cancel.js';
import { userAdd } from './user/add.js';
import { userRemove } from './user/remove.js';
import { vcenterBackup } from './vcenter/backup.js';
import { vcenterRestore } from './vcenter/restore.js';
import { vcenterStart } from './vcenter/start.js';
import { vcenterStop } from './vcenter/stop.js';
import { vmAddDisk } from './vm/add-disk.js';
import { vmAttachDisk } from './vm/attach-disk.js';
import { vmCheckProgram } from './vm/check-program.js';
import { vmClone } from './vm/clone.js';
import { vmConsolidate } from './vm/consolidate.js';
import { vmCreate } from './vm/create.js';
import { vmDetachDisk } from './vm/detach-disk.js';
import { vmDigest } from './vm/digest.js';
import { vmExport } from './vm/export.js';
import { vmExportOvf } from './vm/export-ovf.js';
import { vmGrowDisk } from './vm/grow-disk.js';
import { vmLook } from './vm/look.js';
import { vmMarkAsTemplate } from './vm/mark-as-template.js';
import { vmMarkAsVirtualMachine } from './vm/mark-as-virtual-machine.js';
import { vmPowerOff } from './vm/power-off.js';
import { vmPowerOn } from './vm/power-on.js';
import { vmRead } from './vm/read.js';
import { vmReadMemory } from './vm/read-memory.js';
import { vmReconfigure } from './vm/reconfigure.js';
import { vmRegister } from './vm/register.js';
import { vmRemoveAllSnapshots } from './vm/remove-all-snapshots.js';
import { vmRemoveSnapshot } from './vm/remove-snapshot.js';
import { vmRevert } from './vm/revert.js';
import { vmRunProgram } from './vm/run-program.js';
import { vmSnapshot } from './vm/snapshot.js';
import { vmSnapshots } from './vm/snapshots.js';
import { vmSuspend } from './vm/suspend.js';
import { vmUnlock } from './vm/unlock.js';
import { vmUnregister } from './vm/unregister.js';
import { vmWrite } from './vm/write.js';
import { vmWriteMemory } from './vm/write-memory.js';

/** Every verb of the scenario language, in the order in which the help lists them. */
export const STEPS: readonly StepKind[] = [
  act,
  say,
  vmCreate,
  vmRegister,
  vmUnregister,
  vmPowerOn,
  vmPowerOff,
  vmSuspend,
  vmSnapshot,
  vmSnapshots,
  vmRevert,
  vmRemoveSnapshot,
  vmRemoveAllSnapshots,
  vmConsolidate,
  vmReconfigure,
  vmAddDisk,
  vmAttachDisk,
  vmDetachDisk,
  vmGrowDisk,
  vmClone,
  vmMarkAsTemplate,
  vmMarkAsVirtualMachine,
  vmUnlock,
  vmWrite,
  vmRead,
  vmWriteMemory,
  vmReadMemory,
  vmRunProgram,
  vmCheckProgram,
  vmDigest,
  vmLook,
  vmExport,
  vmExportOvf,
  hostAdd,
  hostAddStandalone,
  hostReconnect,
  hostReboot,
  hostCrash,
  hostHang,
  hostRelease,
  clusterCreate,
  folderCreate,
  datacenterCreate,
  policyCreate,
  policyUpdate,
  policyDelete,
  policyCheck,
  userAdd,
  userRemove,
  roleAdd,
  roleUpdate,
  roleRemove,
  permissionSet,
  permissionRemove,
  providerAddServer,
  providerTrustServer,
  providerRemoveServer,
  providerMarkDefault,
  providerCheck,
  keyGenerate,
  taskCancel,
  vcenterStop,
  vcenterStart,
  vcenterBackup,
  vcenterRestore,
  fileEdit,
  fileCopy,
  fileRestore,
  sitePowerCut,
  kmsStop,
  kmsStart,
  faultKms,
  faultPowerCut,
  faultDisk,
  faultLink,
  faultClear,
  wait,
  until,
  scan,
];
