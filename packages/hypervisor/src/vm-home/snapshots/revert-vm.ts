import { formatKeyId } from '@vcryptsim/ports';
import { fileDamaged } from '../../api/faults.js';
import { formatBundle } from '../../formats/encryption-bundle.js';
import type { VmsdSnapshot } from '../../formats/vmsd.js';
import { Vmx } from '../../formats/vmx.js';
import type { ChangedVm } from '../change/changed-vm.js';
import { commitChange } from '../change/commit-change.js';
import { TakenNames } from '../change/free-names.js';
import { nameNvram } from '../change/name-files.js';
import { writeNextList } from '../change/settle-files.js';
import { type ChainConfig, linksOf, readChain } from '../disk-config.js';
import { nodesIn } from '../disk-node.js';
import { type BoundDisk, homeBinding } from '../key-binding.js';
import { nameFrom } from '../located-file.js';
import { composeNvramFile } from '../nvram-file.js';
import { resealPair } from '../seal-dek.js';
import { readStateFile } from '../state-file.js';
import { stateFilesOf } from '../state-files-of.js';
import { STATE_ENTRY } from '../vm-config.js';
import { writeChildLink } from './child-link.js';
import { nameChild } from './child-names.js';
import { decodeFrozenState, type FrozenState } from './frozen-state.js';
import { isFrozen } from './is-frozen.js';
import { readSnapshotList } from './snapshot-list.js';

/** A disk of a snapshot, and what the VM home will know of it. */
interface FrozenDisk {
  readonly node: string;
  readonly chain: ChainConfig;
  /** Null for a plain disk. */
  readonly bound: BoundDisk | null;
}

/** All that a revert needs, read and checked: nothing was changed for it. */
export interface RevertPlan {
  readonly snapshot: VmsdSnapshot;
  readonly state: FrozenState;
  readonly disks: readonly FrozenDisk[];
}

/**
 * Reads what a VM is to become again. What is sealed is opened and compared, so that a damaged snapshot is refused while the
 * VM is still what it was.
 *
 * @throws HypervisorError ENVELOPE_TAMPERED, FILE_DAMAGED, BUNDLE_MISSING
 */
export async function planRevert({ config, home }: ChangedVm, snapshot: VmsdSnapshot): Promise<RevertPlan> {
  const { folder, uuid } = config;
  const groups = await readStateFile(folder, snapshot.fileName, uuid, home?.dek ?? null);
  const state = decodeFrozenState(groups, folder.shown(snapshot.fileName));
  const known = new Map(state.disks.map((disk) => [disk.uuid, disk]));
  const disks: FrozenDisk[] = [];
  for (const { node, fileName } of snapshot.disks) {
    const chain = await readChain(folder, fileName);
    const bound = known.get(chain.uuid);
    if (bound === undefined && chain.encryption !== null) {
      throw fileDamaged(folder.shown(fileName), 'it is encrypted, and the snapshot knows of no key for it');
    }
    // The KEK may have been changed since; which one it is now, the descriptor says.
    const keyId = chain.encryption?.sealed[0].keyId;
    const key = bound === undefined || keyId === undefined ? null : { ...bound, key: formatKeyId(keyId) };
    disks.push({ node, chain, bound: key });
  }
  return { snapshot, state, disks };
}

/**
 * Makes a VM what it was: a new child above each disk that the snapshot froze, the NVRAM of then under a new name, and the
 * VMX of then, with today's name and keys; its rename is the switch. What the VM wrote since is dropped.
 *
 * @throws HypervisorError DISK_KEY_MISSING, KEY_NOT_IN_CACHE, NO_SPACE, what the folder throws; SwitchUnknown
 */
export async function revertVm(vm: ChangedVm, { snapshot, state, disks }: RevertPlan): Promise<void> {
  const { config, home, sealer } = vm;
  const { folder, vmxFileName } = config;
  const present = await folder.names();
  const taken = new Set(present.map((name) => name.toLowerCase()));
  const children = disks.map((disk) => ({ ...disk, files: nameChild(disk.chain.fileName, taken) }));
  const nvramFileName = nameNvram(config.nvramFileName, new TakenNames(present));
  const list = await readSnapshotList(folder, vmxFileName);
  const record = {
    made: [...children.flatMap(({ files }) => [files.extentFileName, files.fileName]), nvramFileName],
    dropped: [
      config.nvramFileName,
      ...stateFilesOf(config),
      ...config.disks
        .flatMap(linksOf)
        .filter((link) => link.form === 'vmfsSparse' && link.folder.path === folder.path)
        .flatMap(({ fileName, extentFileName }) => [fileName, extentFileName]),
    ],
    hasNewList: true,
  };
  const writeBeside = async (): Promise<Uint8Array> => {
    for (const { chain, bound, files } of children) {
      await writeChildLink(folder, chain, files, bound?.generation ?? null, sealer);
    }
    const nvram = composeNvramFile(state.nvram, config.uuid, home?.dek ?? null, sealer.entropy);
    await folder.writeNew(nvramFileName, nvram);
    await writeNextList(config, { ...list, current: snapshot.uid });
    const names = new Map(children.map(({ node, files }) => [node, files.fileName]));
    return composeVmx(
      vm,
      { state, names, nvramFileName, bundle: resealHome(vm, disks) },
      folder.shown(snapshot.fileName),
    );
  };
  await commitChange({ folder, vmxFileName, record, writeBeside }, sealer);
}

/** What the VMX of then gets of today. */
interface Today {
  readonly state: FrozenState;
  /** Descriptors by node, of the disks that the snapshot froze. */
  readonly names: ReadonlyMap<string, string>;
  readonly nvramFileName: string;
  readonly bundle: string | null;
}

/** The VMX of then, with the name that the VM has today. An independent disk is what it is today, and where it is. */
function composeVmx({ config }: ChangedVm, { state, names, nvramFileName, bundle }: Today, file: string): Uint8Array {
  const vmx = Vmx.read(state.vmx, file);
  vmx.set('displayName', config.name);
  vmx.set('nvram', nvramFileName);
  vmx.remove(STATE_ENTRY);
  for (const node of nodesIn(vmx)) {
    const today = config.disks.find((disk) => disk.node === node && !isFrozen(disk));
    const fileName = names.get(node) ?? (today && nameFrom(config.folder, today));
    if (fileName === undefined) vmx.set(`${node}.present`, 'FALSE');
    else vmx.set(`${node}.fileName`, fileName);
  }
  if (bundle !== null) vmx.set('encryption.bundle', bundle);
  return vmx.toBytes();
}

/** The VM home's DEK with what it is to know of the disks from now on. */
function resealHome({ config, home, sealer }: ChangedVm, disks: readonly FrozenDisk[]): string | null {
  const pair = config.sealedHome?.find(({ keyId }) => sealer.keys.has(keyId));
  if (home === null || pair === undefined) return null;
  const kept = config.disks.filter((disk) => !isFrozen(disk)).flatMap(({ uuid }) => home.disks.get(uuid) ?? []);
  const bound = [...disks.flatMap((disk) => disk.bound ?? []), ...kept];
  const binding = homeBinding(config.uuid, home.generation, bound);
  return formatBundle([resealPair(pair, pair.keyId, binding, sealer)]);
}
