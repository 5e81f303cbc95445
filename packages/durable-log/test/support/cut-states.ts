// What a cut can leave of a file system whose operations were recorded.
import type { FileSystem } from '@vcryptsim/ports';
import { type FileOperation, MemoryFileSystem } from '@vcryptsim/simkit';

const SECTOR_BYTES = 512;

/** A medium after a cut, and how many operations were whole before it. */
export interface CutState {
  readonly files: MemoryFileSystem;
  readonly operations: number;
  readonly what: string;
}

/**
 * Every state between operations, and each write torn at every 512 bytes and inside its first and last sector; what is
 * missing of a torn write is not there, or reads as zeros.
 *
 * @param prepare makes what was there before the first operation
 */
export async function* cutStates(
  operations: readonly FileOperation[],
  prepare: (files: FileSystem) => Promise<void>,
): AsyncGenerator<CutState> {
  for (let count = 0; count <= operations.length; count++) {
    const done = operations.slice(0, count);
    const replayed = (more: readonly FileOperation[] = []) => replay([...done, ...more], prepare);
    yield { files: await replayed(), operations: count, what: `after ${count} operations, ${done.at(-1)?.kind}` };
    const next = operations[count];
    if (next?.kind !== 'write') continue;
    for (const keptBytes of tears(next.bytes.length)) {
      const bytes = next.bytes.subarray(0, keptBytes);
      const hollow = new Uint8Array(next.bytes.length);
      hollow.set(bytes);
      const what = `operation ${count + 1}, a write of ${next.bytes.length} bytes, torn at ${keptBytes}`;
      yield { files: await replayed([{ ...next, bytes }]), operations: count, what };
      yield { files: await replayed([{ ...next, bytes: hollow }]), operations: count, what: `${what}, then zeros` };
    }
  }
}

function tears(lengthBytes: number): number[] {
  const places = [1, 15, 16, 17, lengthBytes - 33, lengthBytes - 32, lengthBytes - 1];
  for (let place = SECTOR_BYTES; place < lengthBytes; place += SECTOR_BYTES) places.push(place);
  return [...new Set(places)].filter((place) => place > 0 && place < lengthBytes);
}

async function replay(
  operations: readonly FileOperation[],
  prepare: (files: FileSystem) => Promise<void>,
): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem();
  await prepare(files);
  for (const operation of operations) await apply(files, operation);
  return files;
}

async function apply(files: FileSystem, operation: FileOperation): Promise<void> {
  switch (operation.kind) {
    case 'create':
      return (await files.open(operation.path, { access: 'write', create: 'if-missing' })).close();
    case 'write':
    case 'truncate': {
      const handle = await files.open(operation.path, { access: 'write' });
      if (operation.kind === 'write') await handle.pwrite(operation.bytes, operation.offsetBytes);
      else await handle.truncate(operation.sizeBytes);
      return handle.close();
    }
    case 'rename':
      return files.rename(operation.from, operation.to);
    case 'link':
      return files.link(operation.from, operation.to);
    case 'unlink':
      return files.unlink(operation.path);
    case 'mkdir':
      return files.mkdir(operation.path);
    case 'rmdir':
      return files.rmdir(operation.path);
    default:
  }
}
