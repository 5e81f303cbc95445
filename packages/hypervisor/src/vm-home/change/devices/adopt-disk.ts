import type { KeyBinding } from '@vcryptsim/crypto-core';
import { type CryptoKeyId, formatKeyId, sameKeyId, type VmUuid } from '@vcryptsim/ports';
import { HypervisorError } from '../../../api/errors.js';
import { descriptorMismatch, diskKeyMissing, rewriteUnfinished } from '../../../api/faults.js';
import type { SealedDek } from '../../../formats/encryption-bundle.js';
import { type ChainConfig, type LinkConfig, type LinkEncryption, ownLinksOf } from '../../disk-config.js';
import { type BoundDisk, nextGeneration } from '../../key-binding.js';
import { checkBinding, openSealed } from '../../open-bundle.js';
import type { Opener } from '../../opener.js';
import { resealPair, type Sealer } from '../../seal-dek.js';
import type { VmConfig } from '../../vm-config.js';
import { syncFolders, writeBundle } from '../settle-change.js';

/** A link of an encrypted disk that gets another VM: the pair by which it opens, and what was sealed with it. */
interface AdoptedLink {
  readonly link: LinkConfig;
  readonly pair: SealedDek;
  readonly binding: KeyBinding;
}

/** An encrypted disk that gets another VM, opened and compared; nothing is written yet. */
export interface Adoption {
  /** Those that are sealed anew; none where they are sealed to this VM. */
  readonly links: readonly AdoptedLink[];
  /** What the new VM's home has to know of it. */
  readonly bound: BoundDisk;
}

/** A pair that opens, with its DEK's key check value. */
interface OpenPair {
  readonly pair: SealedDek;
  readonly binding: KeyBinding;
  readonly check: string;
}

/**
 * Opens a disk that no VM has, to give it to one: each link by the KEK that it names, compared with its sealed copy. One that
 * is sealed to this VM stays as it is, since snapshots of it may know it so. Of another, whose it was is not asked: it gets
 * the next generation.
 *
 * @returns null for a plain disk
 * @throws HypervisorError DISK_KEY_MISSING, MIXED_KEYS, DESCRIPTOR_MISMATCH, BUNDLE_TAMPERED, INVALID_STATE (rewritten in place)
 */
export function openForAdoption(chain: ChainConfig, vm: VmUuid, opener: Opener): Adoption | null {
  const [top, ...below] = ownLinksOf(chain);
  const shown = top.folder.shown(top.fileName);
  if (chain.journalFileName !== null) throw rewriteUnfinished(shown);
  refuseHalfEncrypted(top, chain.parents);
  if (top.encryption === null) return null;
  const first = openLink(top, top.encryption, chain, opener, null);
  const { keyId } = first.pair;
  const opened = [first, ...below.map((link) => openLink(link, link.encryption, chain, opener, keyId))];
  const links = ownLinksOf(chain).flatMap((link, at): AdoptedLink[] => {
    const one = opened[at];
    if (one === undefined) return [];
    if (one.check !== first.check) {
      throw descriptorMismatch(link.folder.shown(link.fileName), 'key check value', one.check, first.check);
    }
    return [{ link, pair: one.pair, binding: one.binding }];
  });
  const latest = String(Math.max(...links.map(({ binding }) => Number(binding.generation ?? 0))));
  const isOwn = links.every(({ link, binding }) => {
    return link.encryption?.sealed.length === 1 && binding.vm === vm && binding.generation === latest;
  });
  const known = { uuid: chain.uuid, key: formatKeyId(keyId), check: first.check };
  if (isOwn) return { links: [], bound: { ...known, generation: latest } };
  return { links, bound: { ...known, generation: nextGeneration(latest) } };
}

/**
 * Seals the DEK of an adopted disk for its new VM, in the descriptor of each link beside the pair that is there: until the
 * VMX is another one, it is nobody's disk or the other's (docs/on-disk-format.md section 4b).
 */
export async function sealAdoption(
  { links, bound }: Adoption,
  { uuid, folder }: VmConfig,
  sealer: Sealer,
): Promise<BoundDisk> {
  for (const { link, pair, binding } of links) {
    const sealed = resealPair(pair, pair.keyId, { ...binding, vm: uuid, generation: bound.generation }, sealer);
    await writeBundle(link.folder, link.fileName, [pair, sealed]);
  }
  // The VM's own folder is made durable once, with all that is written beside.
  await syncFolders(links.map(({ link }) => link.folder).filter(({ path }) => path !== folder.path));
  return bound;
}

function refuseHalfEncrypted(top: LinkConfig, below: readonly LinkConfig[]): void {
  const word = (link: LinkConfig): string => (link.encryption === null ? 'nothing' : 'encrypted');
  const odd = below.find((link) => word(link) !== word(top));
  if (odd === undefined) return;
  throw descriptorMismatch(odd.folder.shown(odd.fileName), 'encryptionKeys', word(odd), word(top));
}

/** @param keyId the KEK that it must be under, or null for any */
function openLink(
  link: LinkConfig,
  encryption: LinkEncryption | null,
  { uuid }: ChainConfig,
  opener: Opener,
  keyId: CryptoKeyId | null,
): OpenPair {
  const file = link.folder.shown(link.fileName);
  const pairs = encryption?.sealed ?? [];
  const opened = pairs.flatMap((pair) => openPair(pair, file, opener) ?? []);
  const latest = opened.toSorted((a, b) => generationOf(b) - generationOf(a));
  const [found] = latest.filter(({ pair }) => keyId === null || sameKeyId(pair.keyId, keyId));
  if (found === undefined) {
    if (opened.length > 0) throw mixedKeys(file);
    throw diskKeyMissing(
      file,
      pairs.map((pair) => pair.keyId),
    );
  }
  const { cipher, dataUnitSize, contentKeyId } = encryption ?? { cipher: '', dataUnitSize: '', contentKeyId: '' };
  if (cipher !== 'XTS-AES-256') throw descriptorMismatch(file, 'cipher', cipher, 'XTS-AES-256');
  const { capacity, extentFileName } = link;
  const clear = { kind: 'disk', disk: uuid, capacity: String(capacity), extent: extentFileName };
  checkBinding(file, { ...clear, dataUnitSize, keyID: contentKeyId }, found.binding);
  return found;
}

function openPair(pair: SealedDek, file: string, opener: Opener): OpenPair | null {
  const opened = openSealed([pair], file, opener, null);
  if (opened === null) return null;
  try {
    return { pair, binding: opened.binding, check: opened.dek.keyCheckValue() };
  } finally {
    opened.dek.dispose();
  }
}

function generationOf({ binding }: OpenPair): number {
  return Number(binding.generation ?? 0);
}

function mixedKeys(file: string): HypervisorError {
  return new HypervisorError(
    { code: 'MIXED_KEYS', disk: file },
    `The links of the disk ${file} are sealed by different keys: an earlier change of its keys did not come to its end. Change the keys of its virtual machine again.`,
  );
}
