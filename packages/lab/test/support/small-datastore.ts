import { createCipheriv, createHash } from 'node:crypto';
import { composeDescriptor } from '@vcryptsim/hypervisor/formats';
import { type DiskUuid, type FileSystem, replaceFile, sectorCount } from '@vcryptsim/ports';

const BLOCK_BYTES = 4096;

/** What a guest wrote: text that compresses, different in each block; a quarter of the disk stays zeros. */
export function guestContent(blocks: number, seed: string): Uint8Array {
  const content = Buffer.alloc(blocks * BLOCK_BYTES);
  for (let block = 0; block < blocks; block += 1) {
    if (block % 4 === 3) continue;
    const word = createHash('sha256').update(`${seed} ${block}`).digest('hex');
    content.fill(`${word} is a line of the log of this guest. `, block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
  }
  return content;
}

/** The same disk as ciphertext, by OpenSSL's own XTS: data units of 512 bytes; units of zeros stay holes. */
export function encrypted(content: Uint8Array, key: string): Uint8Array {
  const xtsKey = createHash('sha512').update(key).digest();
  const found = Buffer.alloc(content.length);
  for (let at = 0; at < content.length; at += 512) {
    const unit = content.subarray(at, at + 512);
    if (unit.every((byte) => byte === 0)) continue;
    const tweak = Buffer.alloc(16);
    tweak.writeBigUInt64LE(BigInt(at / 512));
    const cipher = createCipheriv('aes-256-xts', xtsKey, tweak);
    found.set(cipher.update(unit), at);
  }
  return found;
}

/** Writes `NAME/NAME.vmdk` and its flat extent below a folder. */
export async function putDisk(
  files: FileSystem,
  root: string,
  name: string,
  bytes: Uint8Array,
  contentKeyId?: string,
): Promise<void> {
  const folder = `${root}/${name}`;
  await files.mkdir(folder);
  const text = composeDescriptor({
    createType: 'vmfs',
    contentId: 1,
    uuid: '6000c29a-1111-4222-8333-444455556666' as DiskUuid,
    capacity: sectorCount(bytes.length / 512),
    extentFileName: `${name}-flat.vmdk`,
    ...(contentKeyId === undefined
      ? {}
      : { encryption: { contentKeyId, bundle: 'vmware:key/list/()', dataUnitSizeBytes: 512 } }),
  });
  await replaceFile(files, `${folder}/${name}.vmdk`, new TextEncoder().encode(text));
  await replaceFile(files, `${folder}/${name}-flat.vmdk`, bytes);
}

/** The six disks of row S22: a plain pair, two of equal content under keys of their own, and a clone of one of them. */
export async function putRowS22(files: FileSystem, root: string, blocks: number): Promise<void> {
  const content = guestContent(blocks, 'golden');
  const changed = Uint8Array.from(content);
  changed.set(guestContent(1, 'later'), 0);
  await putDisk(files, root, 'plain-a', content);
  await putDisk(files, root, 'plain-b', changed);
  await putDisk(files, root, 'sealed-a', encrypted(content, 'key a'), '0000000a');
  await putDisk(files, root, 'sealed-b', encrypted(changed, 'key b'), '0000000b');
  await putDisk(files, root, 'sealed-a-clone', encrypted(changed, 'key a'), '0000000a');
}
