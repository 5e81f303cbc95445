import { createCipheriv } from 'node:crypto';
import { StreamOptimizedWriter } from '@vcryptsim/hypervisor/formats';
import { type FileSystem, replaceFile, sectorCount } from '@vcryptsim/ports';

/** A disk as guests leave it, by seed: runs of zeros, text and noise that begin and end anywhere at whole sectors. */
export function randomImage(sectors: number, seed: number): Buffer {
  const image = Buffer.alloc(sectors * 512);
  let state = seed * 2_654_435_761 + 1;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let run = 0; run < 12; run += 1) {
    const start = draw(sectors);
    const length = Math.min(sectors - start, 1 + draw(Math.max(1, sectors >> draw(6))));
    const piece = image.subarray(start * 512, (start + length) * 512);
    if (run % 3 === 0) piece.fill(0);
    else if (run % 3 === 1) piece.fill(`run ${run} of seed ${seed}, in words that repeat. `);
    else piece.set(noise(piece.length, seed + run));
  }
  return image;
}

function noise(lengthBytes: number, seed: number): Uint8Array {
  const key = Buffer.alloc(16, seed);
  return createCipheriv('aes-128-ctr', key, key).update(Buffer.alloc(lengthBytes));
}

/** The bytes of a streamOptimized file of an image, as the writer makes it. */
export async function streamOf(files: FileSystem, image: Uint8Array, descriptor: string): Promise<Uint8Array> {
  const path = '/stream.tmp';
  await replaceFile(files, path, new Uint8Array(0));
  const handle = await files.open(path, { access: 'write' });
  const sink = { write: (bytes: Uint8Array, offsetBytes: number) => handle.pwrite(bytes, offsetBytes) };
  const writer = await StreamOptimizedWriter.begin(sink, sectorCount(image.length / 512), descriptor);
  for (let at = 0; at < image.length; at += StreamOptimizedWriter.grainBytes) {
    await writer.addGrain(image.subarray(at, at + StreamOptimizedWriter.grainBytes));
  }
  const sizeBytes = await writer.end();
  const bytes = new Uint8Array(sizeBytes);
  await handle.pread(bytes, 0);
  await handle.close();
  await files.unlink(path);
  return bytes;
}
