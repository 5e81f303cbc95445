import { createHash } from 'node:crypto';
import type { EsxiHost } from '@vcryptsim/hypervisor';
import { composeOvf, type OvfDisk, Vmx } from '@vcryptsim/hypervisor/formats';
import { assert, type FileSystem, readWhole, replaceFile, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { ExportLease } from '@vcryptsim/vcenter/catalogue';
import { LabError } from '../errors/lab-error.js';
import { compareDisk, type DiskDigest } from './compare-disk.js';
import type { TrackedVm } from './virtual-machines.js';
import { openSparseVmdk } from './vmdk-image.js';

const VMX_BYTES_MAX = 16 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** What exporting needs of a world. */
export interface OvfExportOptions {
  readonly files: FileSystem;
  readonly folder: { readonly exports: string; readonly datastores: string };
  /** The host of the lease. */
  readonly host: EsxiHost;
  /** What the observer knows of the VM. */
  readonly vm: TrackedVm;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

/** What an export wrote. */
export interface OvfExport {
  readonly ovfPath: string;
  readonly fileNames: readonly string[];
  /** Each exported disk, read back and compared with what its guest has; null where that is not known here. */
  readonly compared: readonly (DiskDigest | null)[];
}

/**
 * Does what ovftool does with a lease of ExportVm: fetches each disk from the host as `NAME-disk1.vmdk`
 * (streamOptimized), writes `NAME.ovf` and `NAME.mf` with the SHA-256 of each file, and then reads the disks back and
 * compares them with what the guest wrote.
 *
 * @throws HypervisorError as HostApi.exportDisk; LabError DIGEST_MISMATCH, ENVIRONMENT (there already); FileError
 */
export async function exportOvf(lease: ExportLease, name: string, o: OvfExportOptions): Promise<OvfExport> {
  const { files, folder, host, vm } = o;
  const written: string[] = [];
  try {
    const vmx = Vmx.read(await readWhole(files, datastorePath(folder.datastores, lease.vmxPath), VMX_BYTES_MAX), name);
    const disks: OvfDisk[] = [];
    for (const [at, { deviceKey, fileName, capacity }] of lease.disks.entries()) {
      const target = { folder: folder.exports, name: `${name}-disk${at + 1}`, format: 'streamOptimized' } as const;
      await host.exportDisk(lease.vm, deviceKey, target, o.onProgress);
      written.push(`${target.name}.vmdk`);
      disks.push({
        ...nodeOf(vmx, fileName, at),
        fileName: `${target.name}.vmdk`,
        fileBytes: (await files.lstat(`${folder.exports}/${target.name}.vmdk`)).sizeBytes,
        capacityBytes: capacity * SECTOR_SIZE_BYTES,
      });
    }
    const ovfName = `${name}.ovf`;
    await writeText(files, `${folder.exports}/${ovfName}`, describe(vmx, name, disks));
    written.push(ovfName);
    const fileNames = [ovfName, ...disks.map(({ fileName }) => fileName)];
    const lines: string[] = [];
    for (const each of fileNames)
      lines.push(`SHA256(${each})= ${await sha256Of(files, `${folder.exports}/${each}`)}\n`);
    await writeText(files, `${folder.exports}/${name}.mf`, lines.join(''));
    written.push(`${name}.mf`);
    const compared: (DiskDigest | null)[] = [];
    for (const [at, { fileName }] of disks.entries()) {
      compared.push(await readBack(`${folder.exports}/${fileName}`, vm, at, o));
    }
    return { ovfPath: `${folder.exports}/${ovfName}`, fileNames: [...fileNames, `${name}.mf`], compared };
  } catch (error) {
    // Half an export is none; what was there before stays.
    for (const each of written) await files.unlink(`${folder.exports}/${each}`).catch(() => {});
    throw error;
  }
}

/** What the VMX says; where it says nothing, what the product takes then. */
function describe(vmx: Vmx, name: string, disks: readonly OvfDisk[]): string {
  return composeOvf({
    name,
    guestId: vmx.get('guestOS') ?? 'other',
    hardwareVersion: vmx.get('virtualHW.version') ?? '4',
    cpus: Number(vmx.get('numvcpus') ?? 1),
    memoryMiB: Number(vmx.get('memSize') ?? 32),
    scsiModel: vmx.get('scsi0.virtualDev') ?? 'lsilogic',
    isEfi: vmx.get('firmware')?.toLowerCase() === 'efi',
    disks,
  });
}

/** Where the VMX has a disk. @param fileName `[datastore] folder/name.vmdk` */
function nodeOf(vmx: Vmx, fileName: string, at: number): Pick<OvfDisk, 'bus' | 'controller' | 'unit'> {
  const own = fileName.slice(fileName.lastIndexOf('/') + 1);
  for (const [key, value] of vmx.entries()) {
    const [, bus, controller, unit] = /^(scsi|nvme|sata|ide)(\d+):(\d+)\.filename$/i.exec(key) ?? [];
    if (bus === undefined || value.slice(value.lastIndexOf('/') + 1) !== own) continue;
    return { bus: bus.toLowerCase() as OvfDisk['bus'], controller: Number(controller), unit: Number(unit) };
  }
  throw new LabError('ENVIRONMENT', `The configuration names no place for disk ${at + 1} (${own}) that was exported.`);
}

async function readBack(path: string, vm: TrackedVm, at: number, o: OvfExportOptions): Promise<DiskDigest | null> {
  const disk = vm.disks[at];
  assert(disk, 'a disk that was exported is one of the VM');
  if (!disk.ledger.isWhole) return null;
  const image = await openSparseVmdk(o.files, path);
  try {
    return await compareDisk({
      ...{ vm: vm.name, disk, onProgress: o.onProgress, newHash: () => createHash('sha256') },
      readDisk: async (lba, buffer) => {
        buffer.fill(0, await image.read(buffer, lba * SECTOR_SIZE_BYTES));
      },
    });
  } finally {
    await image.close();
  }
}

async function writeText(files: FileSystem, path: string, text: string): Promise<void> {
  await replaceFile(files, path, new TextEncoder().encode(text));
}

async function sha256Of(files: FileSystem, path: string): Promise<string> {
  const hash = createHash('sha256');
  const handle = await files.open(path, { access: 'read' });
  try {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (let offsetBytes = 0; ; ) {
      const count = await handle.pread(buffer, offsetBytes);
      if (count === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, count));
      offsetBytes += count;
    }
  } finally {
    await handle.close();
  }
}

/** `[datastore1] payroll/payroll.vmx` below the folder of all datastores. */
function datastorePath(datastores: string, shown: string): string {
  const [, datastore, path] = /^\[([^\]]+)\] (.+)$/.exec(shown) ?? [];
  assert(datastore !== undefined && path !== undefined, 'a host shows a file by its datastore');
  return `${datastores}/${datastore}/${path}`;
}
