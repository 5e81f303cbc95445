import { type DiskUuid, formatKeyId } from '@vcryptsim/ports';
import type { VmFolder } from '../../datastore/vm-folder.js';
import { importedBeside } from '../../disk/replace-extent.js';
import { formatBundle, type SealedDek } from '../../formats/encryption-bundle.js';
import { descriptorIn } from '../descriptor-file.js';
import { type LinkConfig, linksOf, ownLinksOf, type SealedDeks } from '../disk-config.js';
import type { BoundDisk } from '../key-binding.js';
import { bindingOf, type OpenHome, openHome } from '../open-bundle.js';
import type { Opener } from '../opener.js';
import { snapshotListOf } from '../snapshots/snapshot-list.js';
import type { VmConfig } from '../vm-config.js';
import { changeRecordOf } from './change-record.js';
import { settleFiles } from './settle-files.js';
import type { Settled } from './settled.js';

/**
 * Ends what a cut or a failure left of a change: brings the folder to what its VMX says. The end of every change that
 * succeeds goes through here too, so that it is one way (docs/on-disk-format.md section 4b).
 *
 * It needs no key for files; a pair is dropped only where the key of the one that stays is at hand. Doing it twice is
 * doing it once.
 *
 * @param config the VM as its files are now
 * @param isDurable whether the medium is known to have what the VMX says, because that was made durable just now
 * @throws HypervisorError as the folder does; what was not settled is so at the next start
 */
export async function settleChange(config: VmConfig, opener: Opener, isDurable = false): Promise<Settled> {
  const { folder, vmxFileName } = config;
  const names = await folder.names();
  const strays = replacementsLeft(config, names);
  const hasRecord = names.includes(changeRecordOf(vmxFileName));
  const torn = config.disks
    .filter(({ journalFileName }) => journalFileName === null)
    .flatMap((disk) => ownLinksOf(disk).map((link) => ({ link, uuid: disk.uuid })))
    .filter(({ link }) => (link.encryption?.sealed.length ?? 0) > 1);
  if (strays.length === 0 && !hasRecord && torn.length === 0) return 'nothing';
  // Whatever the VMX says must be what the medium will say after a cut, before anything that it does not need goes.
  if (!isDurable) await folder.fsync();
  for (const name of strays) await folder.remove(name);
  const pairs = await dropPairs(torn, config, opener);
  const left = names.filter((name) => !strays.includes(name));
  const files = hasRecord ? await settleFiles(config, left) : 'nothing';
  return files === 'nothing' || pairs === 'finished' ? pairs : files;
}

/** Files that were to take another's place by rename and did not: `NAME.new` (ports' replaceFile), and an imported extent. */
function replacementsLeft(config: VmConfig, names: readonly string[]): readonly string[] {
  const isHere = ({ folder }: LinkConfig): boolean => folder.path === config.folder.path;
  const replaced = [
    config.vmxFileName,
    changeRecordOf(config.vmxFileName),
    snapshotListOf(config.vmxFileName),
    ...config.disks
      .flatMap(linksOf)
      .filter(isHere)
      .map((link) => link.fileName),
  ].map((name) => `${name}.new`);
  const imported = config.disks.filter(isHere).map(({ extentFileName }) => importedBeside(extentFileName));
  return names.filter((name) => replaced.includes(name) || imported.includes(name));
}

/** A link whose bundle has more than one pair, and the disk that it is of. */
interface TornLink {
  readonly link: LinkConfig;
  readonly uuid: DiskUuid;
}

async function dropPairs(torn: readonly TornLink[], config: VmConfig, opener: Opener): Promise<Settled> {
  if (torn.length === 0 || config.sealedHome === null) return 'nothing';
  const home = openHome(config.sealedHome, config, opener);
  if (home === null) return 'nothing';
  try {
    let settled: Settled = 'nothing';
    for (const each of torn) settled = (await dropPairsOf(each, home, opener)) ?? settled;
    if (settled !== 'nothing') await syncFolders(torn.map(({ link }) => link.folder));
    return settled;
  } finally {
    home.dek.dispose();
  }
}

/** Makes the entries of folders durable, of each once. */
export async function syncFolders(folders: readonly VmFolder[]): Promise<void> {
  for (const folder of new Map(folders.map((one) => [one.path, one])).values()) await folder.fsync();
}

/** @returns null where all pairs stay */
async function dropPairsOf(
  { link: { folder, fileName, encryption }, uuid }: TornLink,
  home: OpenHome,
  opener: Opener,
): Promise<Settled | null> {
  const bound = home.disks.get(uuid);
  const file = folder.shown(fileName);
  if (encryption === null || bound === undefined) return null;
  const [first, ...more] = encryption.sealed.filter((pair) => isRight(pair, bound, file, opener));
  if (first === undefined || more.length + 1 === encryption.sealed.length) return null;
  await writeBundle(folder, fileName, [first, ...more]);
  return first === encryption.sealed[0] ? 'undone' : 'finished';
}

/** Whether a pair is the one of the VMX, and opens now. */
function isRight(pair: SealedDek, { key, generation }: BoundDisk, file: string, opener: Opener): boolean {
  return formatKeyId(pair.keyId) === key && bindingOf(pair, generation, file, opener) !== null;
}

/** Puts another bundle into a descriptor, in its place; durable after the fsync of the folder. */
export async function writeBundle(folder: VmFolder, fileName: string, sealed: SealedDeks): Promise<void> {
  const _file = folder.shown(fileName);
  const editor = await descriptorIn(folder, fileName);
  editor.setHeader('encryptionKeys', formatBundle(sealed));
  await folder.replaceUnsynced(fileName, editor.toBytes());
}
