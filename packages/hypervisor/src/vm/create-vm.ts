import { Dek } from '@vcryptsim/crypto-core';
import { type DiskUuid, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { VmCreateSpec } from '../api/vm.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { createDisk } from '../disk/create-disk.js';
import { keyNotInCache } from '../faults.js';
import type { SealedDek } from '../formats/encryption-bundle.js';
import type { HostContext } from '../host/host-context.js';
import { composeVmx } from './compose-vmx.js';
import { planVm, type VmPlan } from './create-plan.js';
import { FIRST_GENERATION, homeBinding } from './key-binding.js';
import { composeNvramFile, firstNvram } from './nvram-file.js';
import { settleLock } from './refresh-vm.js';
import { RegisteredVm } from './registered-vm.js';
import { readVmConfig } from './vm-config.js';
import { beginLog } from './vm-log.js';

/** Room for the small files of a VM. */
const SMALL_FILES_BYTES = 64 * 1024;

/**
 * Makes a VM: folder, disks, log, NVRAM, then the VMX, then the entry in the inventory, each durable before the next.
 * A cut before the last step leaves a folder and no registered VM; after it the VM is whole. A failure takes the
 * folder away again.
 *
 * @throws HypervisorError as `planVm`; ALREADY_EXISTS, NO_SPACE, DATASTORE_NOT_WRITABLE
 */
export async function createVm(host: HostContext, spec: VmCreateSpec): Promise<RegisteredVm> {
  const plan = planVm(spec, host);
  const diskBytes = plan.disks.reduce((sum, disk) => sum + disk.capacity * SECTOR_SIZE_BYTES, 0);
  const folder = await plan.datastore.createVmFolder(plan.name, diskBytes + SMALL_FILES_BYTES);
  const vmxFileName = `${plan.name}.vmx`;
  const vm = new RegisteredVm(
    plan.uuid,
    { datastore: folder.datastore, folder: folder.name, fileName: vmxFileName },
    plan.name,
  );
  try {
    await writeFiles(plan, folder, vmxFileName, host);
    vm.config = await readVmConfig(folder, vmxFileName);
    await host.inventory.add(vm);
  } catch (error) {
    // The first failure is what the caller must hear of; what cannot be removed now stays as an unregistered folder.
    await folder.removeAll().catch(() => {});
    throw error;
  }
  host.events.emit({ type: 'VM_CREATED', vm: vm.uuid, encrypted: plan.keyId !== null, disks: plan.disks.length });
  host.events.emit({ type: 'VM_REGISTERED', vm: vm.uuid, encrypted: plan.keyId !== null });
  await settleLock(host, vm);
  return vm;
}

async function writeFiles(plan: VmPlan, folder: VmFolder, vmxFileName: string, host: HostContext): Promise<void> {
  const encrypted: { uuid: DiskUuid; generation: string }[] = [];
  for (const disk of plan.disks) {
    const uuid = await createDisk(disk, plan.uuid, folder, host);
    if (disk.keyId !== null) encrypted.push({ uuid, generation: FIRST_GENERATION });
  }
  await beginLog(folder, host.clock, `Created virtual machine ${plan.uuid}.`);
  const nvramFileName = `${plan.name}.nvram`;
  const home = makeHomeDek(plan, encrypted, host);
  try {
    const nvram = composeNvramFile(firstNvram(plan.uuid), plan.uuid, home?.dek ?? null, host.entropy);
    await folder.writeNew(nvramFileName, nvram);
  } finally {
    home?.dek.dispose();
  }
  const vmx = composeVmx(plan, nvramFileName, home?.sealed ?? null);
  await folder.writeNew(vmxFileName, new TextEncoder().encode(vmx.toText()));
  await folder.fsync();
}

function makeHomeDek(
  plan: VmPlan,
  disks: readonly { uuid: DiskUuid; generation: string }[],
  { engine, entropy, keys }: HostContext,
): { dek: Dek; sealed: SealedDek } | null {
  if (plan.keyId === null) return null;
  const kek = keys.get(plan.keyId);
  if (kek === undefined) throw keyNotInCache([plan.keyId]);
  const draw = (lengthBytes: number): Uint8Array => entropy.secret(lengthBytes, `DEK of VM home ${plan.uuid}`);
  const iv = entropy.public(16, 'IV of locked data');
  const { dek, locked } = Dek.make({ engine, draw, kek, binding: homeBinding(plan.uuid, disks), iv });
  return { dek, sealed: { keyId: plan.keyId, locked } };
}
