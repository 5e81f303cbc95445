import { type CryptoKeyId, SECTOR_SIZE_BYTES, sameKeyId } from '@vcryptsim/ports';
import type { CryptoSpec } from '../../../api/crypto-spec.js';
import type { DiskAddSpec, DiskMode, DiskRemoveSpec } from '../../../api/device-change.js';
import {
  encryptedAlready,
  encryptedDiskOnPlainVm,
  invalidArgument,
  notEncrypted,
  notSupported,
} from '../../../api/faults.js';
import type { VmReconfigureSpec } from '../../../api/reconfigure.js';
import { stemOf } from '../../../formats/file-name.js';
import type { DiskPlan } from '../../create-disk.js';
import { type ChainConfig, type DiskConfig, linkPath, linksOf, readChain } from '../../disk-config.js';
import { type DiskNode, takenNodesIn } from '../../disk-node.js';
import { distinctKeyIds } from '../../distinct-key-ids.js';
import type { LocatedFile } from '../../located-file.js';
import { FreeNodes } from '../../place-disk.js';
import { diskAt, type VmConfig } from '../../vm-config.js';
import { checkCapacity, keyIdOf } from '../../vm-plan.js';
import { readVmx } from '../../vmx-file.js';
import { TakenNames } from '../free-names.js';

/** A disk that comes and was there before. */
export interface AddedDisk {
  readonly node: DiskNode;
  readonly mode: DiskMode;
  readonly chain: ChainConfig;
}

/** A disk that goes. */
export interface RemovedDisk {
  readonly disk: DiskConfig;
  /** Whether its files go too. */
  readonly destroy: boolean;
}

/** Which disks come and go, everything settled before the first byte is written. */
export interface DevicePlan {
  readonly created: readonly DiskPlan[];
  readonly added: readonly AddedDisk[];
  readonly removed: readonly RemovedDisk[];
}

/**
 * Settles which disks of a VM come and go (facts/vsphere-encryption.md section 5, "Disk add rules"). Whether another VM has a
 * disk that is there already, the host knows and has looked at.
 *
 * @param find where a path of a datastore is
 * @throws HypervisorError DISK_NOT_FOUND, INVALID_ARGUMENT, ALREADY_EXISTS (a unit), ENCRYPTED_DISK_ON_PLAIN_VM (row S07),
 *   DISK_ENCRYPTED, DISK_NOT_ENCRYPTED, NOT_SUPPORTED, and every diagnosis of a descriptor
 */
export async function planDevices(
  config: VmConfig,
  { addDisks = [], removeDisks = [] }: VmReconfigureSpec,
  find: (path: string) => Promise<LocatedFile>,
): Promise<DevicePlan> {
  const removed = planRemovals(config, removeDisks);
  const nodes = new FreeNodes(await nodesThatStay(config, removed));
  const names = new TakenNames(await config.folder.names());
  const created: DiskPlan[] = [];
  const added: AddedDisk[] = [];
  for (const spec of addDisks) {
    if (!('existing' in spec)) {
      created.push(planNew(config, spec, nodes, names));
      continue;
    }
    const { folder, fileName } = await find(spec.existing);
    const chain = await readChain(folder, fileName);
    checkExisting(config, chain, spec.crypto);
    if (added.some((other) => sharesLink(other.chain, chain))) {
      throw invalidArgument('addDisks.existing', `${folder.shown(fileName)} occurs twice. Name each disk once.`);
    }
    added.push({ node: nodes.take(spec, 'addDisks'), mode: spec.mode ?? 'persistent', chain });
  }
  return { created, added, removed };
}

/** The keys that a plan seals with, each once. */
export function keysOfDevices({ created, added }: DevicePlan): readonly CryptoKeyId[] {
  const ofChains = added.flatMap(({ chain }) => chain.encryption?.sealed[0].keyId ?? []);
  return distinctKeyIds([...created.flatMap(({ keyId }) => keyId ?? []), ...ofChains]);
}

/** Bytes that a plan writes into new extents. */
export function bytesOfDevices({ created }: DevicePlan): number {
  return created.reduce((sum, { capacity }) => sum + capacity * SECTOR_SIZE_BYTES, 0);
}

/** Whether two chains have a link in common. */
export function sharesLink(a: ChainConfig, b: ChainConfig): boolean {
  const paths = new Set(pathsOf(a));
  return pathsOf(b).some((path) => paths.has(path));
}

/** Absolute paths of the descriptors of a chain. */
export function pathsOf(chain: ChainConfig): readonly string[] {
  return linksOf(chain).map(linkPath);
}

function planRemovals(config: VmConfig, specs: readonly DiskRemoveSpec[]): readonly RemovedDisk[] {
  const keys = specs.map(({ deviceKey }) => deviceKey);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice !== undefined) {
    throw invalidArgument('removeDisks.deviceKey', `Disk ${twice} occurs twice. Name each disk once.`);
  }
  return specs.map(({ deviceKey, destroy = false }) => ({ disk: diskAt(config, deviceKey), destroy }));
}

async function nodesThatStay(config: VmConfig, removed: readonly RemovedDisk[]): Promise<DiskNode[]> {
  const vmx = await readVmx(config);
  return takenNodesIn(vmx).filter((node) => removed.every(({ disk }) => disk.node !== node));
}

function planNew(
  config: VmConfig,
  spec: Exclude<DiskAddSpec, { readonly existing: string }>,
  nodes: FreeNodes,
  names: TakenNames,
): DiskPlan {
  const { capacity, dataUnitSizeBytes = 512, mode = 'persistent', provisioning = 'eagerZeroedThick' } = spec;
  checkCapacity(capacity, dataUnitSizeBytes, 'addDisks.capacity');
  const vmKeyId = config.sealedHome?.[0].keyId ?? null;
  const keyId = spec.crypto === undefined ? vmKeyId : keyIdOf(spec.crypto);
  const [fileName = '', extentFileName = ''] = names.take(stemOf(config.vmxFileName), ['.vmdk', '-flat.vmdk']);
  if (keyId !== null && vmKeyId === null) throw encryptedDiskOnPlainVm(config.folder.shown(fileName));
  const node = nodes.take(spec, 'addDisks');
  const files = { fileName, extentFileName };
  return { node, mode, ...files, capacity, dataUnitSizeBytes, keyId, fill: 'zeros', provisioning };
}

function checkExisting(config: VmConfig, chain: ChainConfig, crypto: CryptoSpec = { type: 'NoOp' }): void {
  const shown = chain.folder.shown(chain.fileName);
  const keyId = chain.encryption?.sealed[0].keyId ?? null;
  switch (crypto.type) {
    case 'NoOp':
      break;
    case 'Register':
      if (keyId === null) throw notEncrypted('DISK', shown);
      if (!sameKeyId(keyId, crypto.cryptoKeyId)) {
        throw invalidArgument('cryptoKeyId', `${shown} has another key than the one to register. Name the one it has.`);
      }
      break;
    case 'Encrypt':
      if (keyId !== null) throw encryptedAlready('DISK', shown);
      throw notSupported(
        'Encrypt',
        `${shown} is there and plain: it is not encrypted while it is added. Add it as it is, and encrypt it then.`,
      );
    default:
      throw notSupported(
        crypto.type,
        `${shown} keeps its keys while it is added. Add it as it is, and change its keys then.`,
      );
  }
  if (keyId !== null && config.sealedHome === null) throw encryptedDiskOnPlainVm(shown);
}
