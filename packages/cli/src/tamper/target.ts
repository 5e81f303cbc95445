import { basename, resolve } from 'node:path';
import { HypervisorError } from '@vcryptsim/hypervisor/api';
import {
  decodeText,
  descriptorBeside,
  endsOf,
  type FileEnds,
  isEncobj,
  isPlainNvram,
  readDescriptor,
  recognizeFile,
  TEXT_FILE_LIMIT_BYTES,
} from '@vcryptsim/hypervisor/formats';
import { FileError, type FileHandle, type FileSystem, readWhole } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { CliError, EXIT } from '../exit.js';

/** What a file is to whoever changes it behind the host's back. */
export type TargetKind = 'encrypted extent' | 'plain extent' | 'VMX' | 'descriptor' | 'sealed file' | 'other';

/** A file that is to be changed, open. The receiver closes the handle. */
export interface Target {
  /** As the user named it. */
  readonly file: string;
  readonly path: string;
  readonly kind: TargetKind;
  readonly sizeBytes: number;
  readonly handle: FileHandle;
}

/**
 * Opens a file of a VM and says what it is: by its bytes, and of data without a mark by the descriptor beside it.
 *
 * @param access `write` where it is to be changed
 * @throws FileError
 */
export async function openTarget(file: string, access: 'read' | 'write'): Promise<Target> {
  const files = new OsFileSystem();
  const path = resolve(file);
  const handle = await files.open(path, { access });
  try {
    const ends = await endsOf(handle);
    const kind = kindByBytes(ends, file) ?? (await kindByDescriptor(files, path));
    return { file, path, kind, sizeBytes: ends.sizeBytes, handle };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Reads a piece of a file.
 *
 * @throws CliError badInput where the file ends before it does
 */
export async function readPiece(target: Target, offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
  if (offsetBytes + lengthBytes > target.sizeBytes) {
    const message = `${target.file} has ${target.sizeBytes} bytes; the ${lengthBytes} at ${offsetBytes} are not all in it.`;
    throw new CliError(EXIT.badInput, message, 'Give a smaller offset.');
  }
  const bytes = new Uint8Array(lengthBytes);
  await target.handle.pread(bytes, offsetBytes);
  return bytes;
}

function kindByBytes({ head }: FileEnds, file: string): TargetKind | null {
  if (isEncobj(head)) return 'sealed file';
  if (isPlainNvram(head)) return 'other';
  const kind = recognizeFile({ head, tail: new Uint8Array(0), sizeBytes: head.length });
  if (kind?.id === 'vmdk-descriptor') return 'descriptor';
  return /\.vmx$/i.test(file) ? 'VMX' : null;
}

/** Of an extent, what its descriptor says; any sign of encryption is enough. */
async function kindByDescriptor(files: FileSystem, path: string): Promise<TargetKind> {
  const beside = descriptorBeside(path);
  if (beside === null) return 'other';
  try {
    const text = decodeText(await readWhole(files, beside, TEXT_FILE_LIMIT_BYTES), beside);
    const { header, extents } = readDescriptor(text, beside);
    if (!extents.some(({ fileName }) => fileName === basename(path))) return 'other';
    return header.has('encryptionkeys') ? 'encrypted extent' : 'plain extent';
  } catch (error) {
    if (error instanceof FileError || error instanceof HypervisorError) return 'other';
    throw error;
  }
}
