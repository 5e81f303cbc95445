import { assert, type CryptoKeyId } from '@vcryptsim/ports';
import { RewriteJournal } from '../../../disk/rewrite-journal.js';
import type { DiskKey } from '../../../disk/vmcrypt-filter.js';
import { openHomeOrLocked, openKeyOrRefuse } from '../../attach-disk.js';
import { type DiskConfig, JOURNAL_ENTRY } from '../../disk-config.js';
import { type BoundDisk, formatBetween, PLAIN_GENERATION } from '../../key-binding.js';
import type { Sealer } from '../../seal-dek.js';
import type { VmConfig } from '../../vm-config.js';
import { boundOf } from '../change-disk.js';
import { changeHome } from '../change-home.js';
import { descriptorOf, setEncrypted } from '../changed-descriptor.js';
import type { ChangedVm } from '../changed-vm.js';
import { commitChange } from '../commit-change.js';
import { type MadeDek, makeDiskDek } from '../make-disk-dek.js';
import { type NewFiles, nameNewFiles } from '../name-files.js';
import { type ChangePlan, type KeyChange, rewritesData } from '../plan-change.js';
import { journalContext } from './journal-binding.js';
import { formatIntent, type RewriteIntent } from './rewrite-intent.js';

/**
 * Begins a change that writes the data of disks anew where it lies: journals, descriptors that name them and have the pairs
 * of both DEKs, and the VMX by which the host goes by the journals from now on. A VM that was plain has an encrypted home
 * after it, because that is where it is sealed.
 *
 * @param windowSizeBytes how much is turned over at once
 * @throws HypervisorError as `commitChange` does; the VM is as it was then
 */
export async function beginInPlace(
  config: VmConfig,
  plan: ChangePlan,
  sealer: Sealer,
  windowSizeBytes: number,
): Promise<void> {
  const { folder, vmxFileName } = config;
  const home = openHomeOrLocked(config, sealer);
  try {
    const vm: ChangedVm = { config, home, sealer };
    const rewritten = plan.disks.filter(({ change }) => rewritesData(change)).map(({ disk }) => disk);
    const begun: KeyChange = plan.home.kind === 'encrypt' ? plan.home : { kind: 'keep' };
    const files = nameNewFiles(config, await folder.names(), {
      ...{ disks: rewritten, hasNewExtents: false, home: begun },
      more: { made: rewritten.map(journalNameOf), dropped: [] },
    });
    const writeBeside = async (): Promise<Uint8Array> => {
      const bound: BoundDisk[] = [];
      for (const { disk, change } of plan.disks) {
        if (rewritesData(change)) bound.push(await beginDisk(vm, disk, change, files, windowSizeBytes));
        else if (disk.encryption !== null) bound.push(boundOf(vm, disk));
      }
      return changeHome(vm, begun, bound, files, formatIntent(intentOf(plan)));
    };
    await commitChange({ folder, vmxFileName, record: files.record, writeBeside }, sealer);
  } finally {
    home?.dek.dispose();
  }
}

/** What is still to do with the rest of the VM, see {@link RewriteIntent}. */
function intentOf({ home, disks }: ChangePlan): RewriteIntent {
  const shallow = disks.flatMap(({ disk, change }) => (change.kind === 'shallow' ? [[disk.uuid, change.keyId]] : []));
  return {
    home: {
      done: home.kind === 'encrypt' ? { kind: 'keep' } : home,
      undone: home.kind === 'encrypt' ? { kind: 'decrypt' } : { kind: 'keep' },
    },
    shallow: Object.fromEntries(shallow) as Record<string, CryptoKeyId>,
  };
}

function journalNameOf({ extentFileName }: DiskConfig): string {
  return `${extentFileName}.journal`;
}

/** Makes the journal of a disk and the descriptor that names it. */
async function beginDisk(
  vm: ChangedVm,
  disk: DiskConfig,
  change: KeyChange,
  files: NewFiles,
  windowSizeBytes: number,
): Promise<BoundDisk> {
  const { config, home, sealer } = vm;
  const { folder } = config;
  const fileName = files.disks.get(disk.deviceKey)?.fileName;
  assert(fileName !== undefined, 'a disk that is written anew has a name for its descriptor');
  const oldKey = openKeyOrRefuse(disk, config, home, sealer);
  try {
    const newFiles = { fileName, extentFileName: disk.extentFileName };
    const made = 'keyId' in change ? makeDiskDek(vm, disk, change.keyId, newFiles, oldKey) : null;
    try {
      const bound = betweenOf(vm, disk, oldKey, made);
      const deks = [oldKey, made?.key ?? null].flatMap((key) => (key === null ? [] : [key.dek]));
      const [first, ...more] = deks;
      assert(first !== undefined, 'what is written anew is encrypted before or after');
      const context = journalContext(disk, config, bound, windowSizeBytes);
      await RewriteJournal.create(folder, journalNameOf(disk), { context, windowSizeBytes, deks: [first, ...more] });
      const editor = await descriptorOf(vm, disk);
      if (made !== null) setEncrypted(editor, made, [...(disk.encryption?.sealed ?? []), made.sealed]);
      editor.setDdb(JOURNAL_ENTRY, journalNameOf(disk));
      await folder.writeNew(fileName, editor.toBytes());
      return bound;
    } finally {
      made?.key.dek.dispose();
    }
  } finally {
    oldKey?.dek.dispose();
  }
}

/** What the VM home has to know of a disk that is between two keys. */
function betweenOf(vm: ChangedVm, disk: DiskConfig, oldKey: DiskKey | null, made: MadeDek | null): BoundDisk {
  const old = oldKey === null ? null : boundOf(vm, disk);
  const generation = formatBetween({
    from: old?.generation ?? PLAIN_GENERATION,
    to: made?.bound.generation ?? PLAIN_GENERATION,
  });
  const key = made?.bound.key ?? old?.key ?? '';
  return { uuid: disk.uuid, generation, key, check: `${old?.check ?? ''}>${made?.bound.check ?? ''}` };
}
