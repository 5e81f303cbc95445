import type { DiskUuid, SectorCount } from '@vcryptsim/ports';
import type { DiskMode } from '../api/device-change.js';
import { HypervisorError } from '../api/errors.js';
import { bundleMissing, fileDamaged, notSupported } from '../api/faults.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { NO_CONTENT_KEY, normalContentKeyId } from '../formats/content-key-id.js';
import { parseBundle, type SealedDek } from '../formats/encryption-bundle.js';
import { isFileName } from '../formats/file-name.js';
import { parseDescriptor, type VmdkDescriptor } from '../formats/vmdk-descriptor.js';
import type { DescriptorExtent } from '../formats/vmdk-extent.js';
import { parseVmwareUuid } from '../formats/vmware-uuid.js';
import { type DiskNode, deviceKeyOf } from './disk-node.js';
import { type LocatedFile, locate } from './located-file.js';

/** Entry of the disk database by which a descriptor names the journal of a rewrite in place. */
export const JOURNAL_ENTRY = 'vmcrypt.journal';

/** Links that a chain has at most: a disk and 32 snapshots above it. */
export const CHAIN_MAX = 33;

/** A sealed DEK with every KEK that opens it; all seal the same DEK. */
export type SealedDeks = readonly [SealedDek, ...SealedDek[]];

/** The keys of one link, as its descriptor has them. */
export interface LinkEncryption {
  readonly sealed: SealedDeks;
  /** As the descriptor spells them; the sealed copy decides. */
  readonly cipher: string;
  readonly dataUnitSize: string;
  /** `keyID`: eight hex digits that tell one DEK from another, `nothing` where the line is missing. */
  readonly contentKeyId: string;
}

/** One link of a disk: a descriptor and its extent. */
export interface LinkConfig {
  /** Where both lie. */
  readonly folder: VmFolder;
  /** Name of the descriptor. */
  readonly fileName: string;
  readonly extentFileName: string;
  /** `flat` for the base of a chain, `vmfsSparse` for what a snapshot put above it. */
  readonly form: 'flat' | 'vmfsSparse';
  readonly capacity: SectorCount;
  /** `CID`, eight hex digits. */
  readonly contentId: string;
  /** `ddb.longContentID`, 32 hex digits, or null. */
  readonly longContentId: string | null;
  /** Of the base: whether its room is taken when it is written (`ddb.thinProvisioned`). */
  readonly isThin: boolean;
  /** Null for a plain link. */
  readonly encryption: LinkEncryption | null;
}

/** A disk as its VMX and its descriptors describe it, in clear: nothing is opened, nothing is believed yet. The fields of a link are those of the one that is written. */
export interface DiskConfig extends LinkConfig {
  readonly deviceKey: number;
  readonly node: DiskNode;
  readonly mode: DiskMode;
  /** As the base of the chain has it. */
  readonly uuid: DiskUuid;
  /** The links below, nearest first, the base last; none of them is written while this one is above it. */
  readonly parents: readonly LinkConfig[];
  /** Of a disk that is being rewritten in place, else null. */
  readonly journalFileName: string | null;
}

/** All links of a disk, the one that is written first, the base last. */
export function linksOf(disk: ChainConfig): readonly [LinkConfig, ...LinkConfig[]] {
  return [disk, ...disk.parents];
}

/**
 * The links of a disk that are its VM's own: those that lie where the top one does. Where there are others the disk is one of a
 * linked clone: they are another VM's, which alone writes, seals and drops them.
 */
export function ownLinksOf(chain: ChainConfig): readonly [LinkConfig, ...LinkConfig[]] {
  return [chain, ...chain.parents.filter((link) => isOwnLink(chain, link))];
}

/** Whether a link of a disk is its VM's own, see {@link ownLinksOf}. */
export function isOwnLink(chain: ChainConfig, { folder }: LinkConfig): boolean {
  return folder.path === chain.folder.path;
}

/** Whether a VM is a linked clone: a disk of it rests on links of another VM. */
export function isLinkedClone(disks: readonly DiskConfig[]): boolean {
  return disks.some((disk) => ownLinksOf(disk).length <= disk.parents.length);
}

/** Absolute path of a link's descriptor: the same for the same link, whoever reads it. */
export function linkPath({ folder, fileName }: Pick<LinkConfig, 'folder' | 'fileName'>): string {
  return `${folder.path}/${fileName}`;
}

/** What a VMX says of a disk. */
export interface DiskEntry {
  readonly node: DiskNode;
  readonly mode: DiskMode;
  /** Of the descriptor. */
  readonly fileName: string;
}

/**
 * Reads the descriptors of a disk, from the one that its VMX names down to the base.
 *
 * @throws HypervisorError FILE_DAMAGED, BUNDLE_TAMPERED, BUNDLE_MISSING, DESCRIPTOR_MISMATCH, NOT_SUPPORTED
 */
export async function readDiskConfig(folder: VmFolder, { node, mode, fileName }: DiskEntry): Promise<DiskConfig> {
  const chain = await readChain(folder, fileName);
  return { ...chain, node, mode, deviceKey: deviceKeyOf(node) };
}

/** A chain without the place that a VM gives it. */
export type ChainConfig = Omit<DiskConfig, 'deviceKey' | 'node' | 'mode'>;

/** Reads the descriptors of a disk that no VMX need name; see {@link readDiskConfig}. */
export async function readChain(folder: VmFolder, fileName: string): Promise<ChainConfig> {
  const read: { readonly link: LinkConfig; readonly descriptor: VmdkDescriptor }[] = [];
  for (let next: LocatedFile | null = { folder, fileName }; next !== null; ) {
    const at: LocatedFile = next;
    const shown = at.folder.shown(at.fileName);
    if (read.length === CHAIN_MAX) throw fileDamaged(shown, `the chain has more than ${CHAIN_MAX} links`);
    const descriptor = parseDescriptor(await at.folder.readText(at.fileName), shown);
    const link = linkOf(at.folder, at.fileName, descriptor);
    const child = read.at(-1);
    if (child !== undefined) checkParent(child, { link, descriptor });
    read.push({ link, descriptor });
    next = parentOf(at.folder, descriptor, shown);
  }
  const [top, ...below] = read;
  const base = read.at(-1);
  if (top === undefined || base === undefined) throw new TypeError('a chain has a link');
  const baseShown = base.link.folder.shown(base.link.fileName);
  if (base.link.form !== 'flat') throw fileDamaged(baseShown, 'a link of createType "vmfsSparse" has no parent');
  const uuid = parseVmwareUuid(base.descriptor.ddb.get('uuid') ?? '');
  if (uuid === null) {
    throw fileDamaged(baseShown, 'ddb.uuid is missing or not a UUID', base.descriptor.lineOf('ddb.uuid'));
  }
  return {
    ...top.link,
    uuid: uuid as DiskUuid,
    parents: below.map(({ link }) => link),
    journalFileName: readJournalName(top.descriptor, folder.shown(fileName)),
  };
}

function linkOf(folder: VmFolder, fileName: string, descriptor: VmdkDescriptor): LinkConfig {
  const shown = folder.shown(fileName);
  const { form, extentFileName } = extentOf(descriptor, shown);
  return {
    folder,
    fileName,
    extentFileName,
    form,
    capacity: descriptor.capacity,
    contentId: (descriptor.header.get('cid') ?? '').toLowerCase().padStart(8, '0'),
    longContentId: descriptor.ddb.get('longContentID') ?? null,
    isThin: descriptor.ddb.get('thinProvisioned') === '1',
    encryption: readEncryption(descriptor, shown),
  };
}

/** The forms that are served: createType and the type of the one extent. */
const FORMS = [
  { createType: 'vmfs', extentType: 'VMFS', form: 'flat' },
  { createType: 'vmfsSparse', extentType: 'VMFSSPARSE', form: 'vmfsSparse' },
] as const;

function extentOf(
  descriptor: VmdkDescriptor,
  shown: string,
): { readonly form: LinkConfig['form']; readonly extentFileName: string } {
  const [extent, ...more] = descriptor.extents;
  const served = FORMS.find(({ createType, extentType }) => {
    return descriptor.createType === createType && extent?.type === extentType && more.length === 0;
  });
  if (extent === undefined || served === undefined) {
    throw notSupported(
      'disk type',
      `${shown} is not of createType "vmfs" with one VMFS extent, nor "vmfsSparse" with one VMFSSPARSE extent. Import the disk instead.`,
    );
  }
  checkExtent(extent, descriptor, shown);
  return { form: served.form, extentFileName: extent.fileName ?? '' };
}

function checkExtent(extent: DescriptorExtent, descriptor: VmdkDescriptor, shown: string): void {
  if (!isFileName(extent.fileName ?? '')) {
    throw notSupported(
      'extent elsewhere',
      `${shown}, line ${extent.line}: the extent is not a file of the descriptor's own folder, and only those are opened. Import the disk instead.`,
    );
  }
  if (extent.access !== 'RW')
    throw fileDamaged(shown, 'the extent is not open to writing', descriptor.lineOf('extent'));
}

/** The descriptor below, or null for a base. */
function parentOf(folder: VmFolder, { header, lineOf }: VmdkDescriptor, shown: string): LocatedFile | null {
  if (header.get('parentcid')?.toLowerCase() === 'ffffffff') return null;
  const hint = header.get('parentfilenamehint');
  if (hint === undefined) throw fileDamaged(shown, 'parentFileNameHint is missing', lineOf('parentcid'));
  const parent = locate(folder, hint);
  if (parent !== null) return parent;
  throw notSupported(
    'parent elsewhere',
    `${shown}, line ${lineOf('parentfilenamehint')}: the parent is neither a file of the same folder nor of a datastore that the host has, /vmfs/volumes/DATASTORE/FOLDER/FILE.`,
  );
}

/** Whether a link is the one that the link above it was made on (facts/vsphere-formats.md Q2, CID rules). */
function checkParent(
  child: { readonly link: LinkConfig; readonly descriptor: VmdkDescriptor },
  parent: { readonly link: LinkConfig; readonly descriptor: VmdkDescriptor },
): void {
  const shown = child.link.folder.shown(child.link.fileName);
  const parentShown = parent.link.folder.shown(parent.link.fileName);
  const wanted = (child.descriptor.header.get('parentcid') ?? '').toLowerCase().padStart(8, '0');
  if (wanted !== parent.link.contentId) {
    throw fileDamaged(
      shown,
      `the content ID of ${parentShown} is ${parent.link.contentId}, but parentCID says ${wanted}: the parent virtual disk has been modified since the child was created, or a line was edited`,
      child.descriptor.lineOf('parentcid'),
    );
  }
  if (child.link.form !== 'vmfsSparse') {
    throw fileDamaged(shown, 'a link with a parent is not of createType "vmfsSparse"');
  }
  if (child.link.capacity !== parent.link.capacity) {
    throw fileDamaged(shown, `it has ${child.link.capacity} sectors, but ${parentShown} has ${parent.link.capacity}`);
  }
}

/** A link is encrypted when anything says so; then everything must (row S21: no half-removed encryption). */
function readEncryption(descriptor: VmdkDescriptor, shown: string): LinkEncryption | null {
  const { header, ddb } = descriptor;
  const filters = (ddb.get('iofilters') ?? '').split(',').map((name) => name.trim());
  const filtered = filters.includes('vmwarevmcrypt');
  const keyId = header.get('keyid');
  const contentKeyId = keyId === undefined ? 'nothing' : normalContentKeyId(keyId);
  const hasKeyId = keyId !== undefined && contentKeyId !== NO_CONTENT_KEY;
  const bundle = header.get('encryptionkeys');
  if (!filtered && !hasKeyId && bundle === undefined) return null;
  if (bundle === undefined) throw bundleMissing(shown);
  const sealed = parseBundle(bundle, shown);
  if (!filtered) throw halfEdited(shown, 'ddb.iofilters', 'no encryption', 'vmwarevmcrypt');
  return {
    sealed,
    cipher: ddb.get('vmcrypt.cipher') ?? 'nothing',
    dataUnitSize: ddb.get('vmcrypt.dataUnitSize') ?? 'nothing',
    contentKeyId,
  };
}

function readJournalName({ ddb, lineOf }: VmdkDescriptor, shown: string): string | null {
  const name = ddb.get(JOURNAL_ENTRY);
  if (name === undefined) return null;
  if (isFileName(name)) return name;
  throw fileDamaged(shown, 'the journal is not a file of the same folder', lineOf(`ddb.${JOURNAL_ENTRY}`));
}

function halfEdited(file: string, field: string, says: string, wants: string): HypervisorError {
  return new HypervisorError(
    { code: 'DESCRIPTOR_MISMATCH', file, field },
    `${file}: ${field} says ${says}, but encryptionKeys wants ${wants}. Change the line back.`,
  );
}
