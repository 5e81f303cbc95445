import { assert, type CryptoKeyId, formatKeyId } from '@vcryptsim/ports';
import { diskKeyMissing } from '../../../api/faults.js';
import { formatBundle, type SealedDek } from '../../../formats/encryption-bundle.js';
import { type DiskConfig, JOURNAL_ENTRY } from '../../disk-config.js';
import { type BoundDisk, betweenOf, PLAIN_GENERATION } from '../../key-binding.js';
import { bindingOf, type OpenHome } from '../../open-bundle.js';
import { resealPair } from '../../seal-dek.js';
import { boundOf, changeDisk } from '../change-disk.js';
import { changeHome } from '../change-home.js';
import { descriptorOf, setPlain } from '../changed-descriptor.js';
import type { ChangedVm } from '../changed-vm.js';
import { commitChange } from '../commit-change.js';
import { type NewFiles, nameNewFiles } from '../name-files.js';
import { parseIntent } from './rewrite-intent.js';

/**
 * Ends a change that wrote data anew where it lies: descriptors of one side alone, the VMX that goes by them, with what else
 * was to be done with the VM; then the journals go.
 *
 * @param disks all disks that were rewritten
 * @throws HypervisorError as `commitChange` does: it can be ended again
 */
export async function finishInPlace(
  vm: ChangedVm & { readonly home: OpenHome },
  disks: readonly DiskConfig[],
  outcome: 'done' | 'undone',
): Promise<void> {
  const { config, home, sealer } = vm;
  const { folder, vmxFileName } = config;
  const intent = parseIntent(home.intent, folder.shown(vmxFileName));
  const homeChange = intent.home[outcome];
  const journals = disks.flatMap(({ journalFileName }) => (journalFileName === null ? [] : [journalFileName]));
  const files = nameNewFiles(config, await folder.names(), {
    ...{ disks, hasNewExtents: false, home: homeChange },
    more: { made: [], dropped: journals },
  });
  const writeBeside = async (): Promise<Uint8Array> => {
    const bound: BoundDisk[] = [];
    for (const disk of config.disks) {
      const end = disks.includes(disk)
        ? await endDisk(vm, disk, outcome, files)
        : await endOther(vm, disk, outcome === 'done' ? intent.shallow[disk.uuid] : undefined);
      if (end !== null) bound.push(end);
    }
    return changeHome(vm, homeChange, bound, files);
  };
  await commitChange({ folder, vmxFileName, record: files.record, writeBeside }, sealer);
}

/** A disk that was not rewritten: it is left alone, or gets its other KEK now. */
async function endOther(vm: ChangedVm, disk: DiskConfig, keyId: CryptoKeyId | undefined): Promise<BoundDisk | null> {
  if (keyId !== undefined) return changeDisk(vm, { disk, change: { kind: 'shallow', keyId } }, undefined, {});
  return disk.encryption === null ? null : boundOf(vm, disk);
}

/** Writes the descriptor of one side alone; answers what the VM home has to know of it. */
async function endDisk(
  vm: ChangedVm,
  disk: DiskConfig,
  outcome: 'done' | 'undone',
  files: NewFiles,
): Promise<BoundDisk | null> {
  const { folder } = vm.config;
  const known = boundOf(vm, disk);
  const between = betweenOf(known.generation) ?? { from: known.generation, to: known.generation };
  const [fromCheck = '', toCheck = ''] = known.check.split('>');
  const [generation, check] = outcome === 'done' ? [between.to, toCheck] : [between.from, fromCheck];
  const editor = await descriptorOf(vm, disk);
  editor.removeDdb(JOURNAL_ENTRY);
  const fileName = files.disks.get(disk.deviceKey)?.fileName;
  assert(fileName !== undefined, 'a disk that was written anew has a name for its descriptor');
  const side = generation === PLAIN_GENERATION ? null : sideOf(vm, disk, generation, fileName);
  if (side === null) {
    setPlain(editor);
  } else {
    editor.setHeader('keyID', side.contentKeyId);
    editor.setHeader('encryptionKeys', formatBundle([side.sealed]));
  }
  await folder.writeNew(fileName, editor.toBytes());
  return side === null ? null : { uuid: disk.uuid, generation, key: formatKeyId(side.sealed.keyId), check };
}

/** The DEK of one generation, sealed anew with the name that its descriptor gets: another disk may take the old name. */
function sideOf(
  { sealer }: ChangedVm,
  disk: DiskConfig,
  generation: string,
  descriptor: string,
): { readonly sealed: SealedDek; readonly contentKeyId: string } {
  const file = disk.folder.shown(disk.fileName);
  for (const pair of disk.encryption?.sealed ?? []) {
    const binding = bindingOf(pair, generation, file, sealer);
    if (binding === null) continue;
    const sealed = resealPair(pair, pair.keyId, { ...binding, descriptor }, sealer);
    return { sealed, contentKeyId: binding.keyID ?? '' };
  }
  throw diskKeyMissing(file, disk.encryption?.sealed.map(({ keyId }) => keyId) ?? []);
}
