// Memory of a VM in a file: as it is of a plain VM, packed and sealed of an encrypted one.
import { createDecipheriv } from 'node:crypto';
import { Dek, Kek, nativeEngine } from '@vcryptsim/crypto-core';
import { encryptedObjectOf } from '@vcryptsim/hypervisor/formats';
import { MemoryFileSystem, SeededEntropy } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { VmFolder } from '../src/datastore/vm-folder.js';
import { GuestMemory } from '../src/memory/guest-memory.js';
import { readMemoryFile, writeMemoryFile } from '../src/memory/memory-file.js';
import { faultOf, KEY, OTHER_VM, pattern, VM } from './support/lab.js';

const MIB = 1024 * 1024;
const NAME = 'web-1.vmem';
const MARKER = new TextEncoder().encode('what the guest has in its memory');
const DEK_BYTES = pattern(64, 5);
const entropy = new SeededEntropy(3);

function dekOf(bytes = DEK_BYTES): Dek {
  const kek = Kek.take(KEY.bytes.slice());
  const draw = () => bytes.slice();
  return Dek.make({ engine: nativeEngine(), draw, kek, binding: {}, iv: new Uint8Array(16) }).dek;
}

async function folder(): Promise<{ files: MemoryFileSystem; folder: VmFolder }> {
  const files = new MemoryFileSystem();
  await files.mkdir('/web');
  return { files, folder: new VmFolder(files, 'ds1', 'web', '/web') };
}

/** Memory with data in its first, a middle and its last page, and a page that was written with zeros. */
function someMemory(sizeBytes = 10 * MIB): GuestMemory {
  const memory = new GuestMemory(sizeBytes);
  memory.write(MARKER, 100);
  memory.write(pattern(5000), 5 * MIB - 77);
  memory.write(pattern(4096, 2), sizeBytes - 4096);
  memory.write(new Uint8Array(4096), 2 * MIB);
  return memory;
}

const bytesOf = (memory: GuestMemory): Uint8Array => {
  const bytes = new Uint8Array(memory.sizeBytes);
  memory.read(bytes, 0);
  return bytes;
};
const same = (a: GuestMemory, b: GuestMemory) => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

describe('guest memory', () => {
  it('reads zeros where nothing was written, and tells what was written since it was asked', () => {
    const memory = someMemory();
    expect(memory.residentPages).toBe(6);
    expect(memory.takeDirty()).toEqual([0, 512, 1279, 1280, 1281, 2559]);
    expect(memory.takeDirty()).toEqual([]);
    memory.write(Uint8Array.of(1), 4095);
    memory.write(Uint8Array.of(1, 2), 8191);
    expect(memory.takeDirty()).toEqual([0, 1, 2]);
    const read = new Uint8Array(3);
    memory.read(read, 8190);
    expect(read).toEqual(Uint8Array.of(0, 1, 2));
    memory.read(read, 3 * MIB);
    expect(read).toEqual(new Uint8Array(3));
  });

  it('takes no room for zeros that are put back, and forgets all when the power goes', () => {
    const memory = new GuestMemory(MIB);
    memory.load(new Uint8Array(64 * 1024), 0);
    expect(memory.residentPages).toBe(0);
    memory.load(Uint8Array.of(9), 5000);
    expect([memory.residentPages, memory.takeDirty()]).toEqual([1, []]);
    memory.load(new Uint8Array(4096), 4096);
    expect(bytesOf(memory).every((byte) => byte === 0)).toBe(true);
    memory.write(Uint8Array.of(9), 5000);
    memory.clear();
    expect([memory.residentPages, memory.takeDirty()]).toEqual([0, []]);
  });
});

describe('a file of memory', () => {
  it('of a plain VM is the memory byte by byte, with holes', async () => {
    const { files, folder: vm } = await folder();
    const memory = someMemory();
    await writeMemoryFile(vm, NAME, memory, { vm: VM, dek: null, entropy });
    expect(Buffer.compare(await vm.readBytes(NAME, 16 * MIB), bytesOf(memory))).toBe(0);
    expect((await files.lstat(`/web/${NAME}`)).allocatedBytes).toBe(5 * 4096);
    expect(same(await readMemoryFile(vm, NAME, 10 * MIB, { vm: VM, dek: null }), memory)).toBe(true);
  });

  it.each([4096, MIB, 4 * MIB, 10 * MIB, 12 * MIB])(
    'of an encrypted VM with %i bytes reads back',
    async (sizeBytes) => {
      const { folder: vm } = await folder();
      const memory = new GuestMemory(sizeBytes);
      memory.write(pattern(4000), sizeBytes - 4096);
      await writeMemoryFile(vm, NAME, memory, { vm: VM, dek: dekOf(), entropy });
      const again = await readMemoryFile(vm, NAME, sizeBytes, { vm: VM, dek: dekOf() });
      expect(same(again, memory)).toBe(true);
      expect(again.residentPages).toBe(1);
    },
  );

  it('of an encrypted VM shows nothing of it, is shorter than the memory, and its blocks are those of VMware [S05]', async () => {
    const { folder: vm } = await folder();
    const memory = someMemory();
    await writeMemoryFile(vm, NAME, memory, { vm: VM, dek: dekOf(), entropy });
    const file = Buffer.from(await vm.readBytes(NAME, 16 * MIB));
    expect(file.includes(Buffer.from(MARKER))).toBe(false);
    expect(file.includes(Buffer.from(DEK_BYTES.subarray(0, 16)))).toBe(false);
    expect(file.length).toBeLessThan(200_000);
    expect(encryptedObjectOf(file)?.version).toBe(2);
    const pages = Array.from({ length: file.length / 4096 - 1 }, (_, page) => {
      const bytes = file.subarray(4096 * (page + 1), 4096 * (page + 2));
      const key = DEK_BYTES.subarray(0, 32);
      return createDecipheriv('aes-256-cbc', key, bytes.subarray(4064, 4080))
        .setAutoPadding(false)
        .update(bytes.subarray(0, 4064));
    });
    const content = Buffer.concat(pages).subarray(0, encryptedObjectOf(file)?.contentBytes);
    const sizes: number[][] = [];
    for (let at = 0; at < content.length; at += 16 + content.readUInt32LE(at + 8)) {
      sizes.push([0, 4, 12].map((field) => content.readUInt32LE(at + field)));
    }
    expect(sizes).toEqual([
      [0x400000, 0, 0],
      [0x400000, 0, 0],
      [2 * MIB, 0, 0],
    ]);
  });

  it('of memory that is never touched costs the same few writes, however long it is', async () => {
    const sizes: number[] = [];
    for (const sizeBytes of [64 * MIB, 128 * MIB]) {
      const { files, folder: vm } = await folder();
      await writeMemoryFile(vm, NAME, new GuestMemory(sizeBytes), { vm: VM, dek: dekOf(), entropy });
      sizes.push((await files.lstat(`/web/${NAME}`)).sizeBytes / sizeBytes);
    }
    for (const share of sizes) expect(share).toBeLessThan(0.0045);
  });

  it('opens as itself only, and for a VM of that memory only', async () => {
    const { folder: vm } = await folder();
    await writeMemoryFile(vm, NAME, someMemory(), { vm: VM, dek: dekOf(), entropy });
    const read = (name: string, sizeBytes: number, o: { vm: typeof VM; dek: Dek | null }) =>
      faultOf(readMemoryFile(vm, name, sizeBytes, o));
    const own = { vm: VM, dek: dekOf() };
    expect(await read(NAME, 10 * MIB, { ...own, vm: OTHER_VM })).toMatchObject({ code: 'ENVELOPE_TAMPERED' });
    expect(await read(NAME, 10 * MIB, { ...own, dek: dekOf(pattern(64, 6)) })).toMatchObject({
      code: 'ENVELOPE_TAMPERED',
    });
    expect(await read(NAME, 12 * MIB, own)).toMatchObject({ code: 'FILE_DAMAGED' });
    expect(await read(NAME, 8 * MIB, own)).toMatchObject({ code: 'FILE_DAMAGED' });
    expect(await read(NAME, 10 * MIB, { ...own, dek: null })).toMatchObject({ code: 'BUNDLE_MISSING' });
    await vm.rename(NAME, 'other.vmem');
    expect(await read('other.vmem', 10 * MIB, own)).toMatchObject({ code: 'ENVELOPE_TAMPERED' });
    await writeMemoryFile(vm, 'plain.vmem', someMemory(), { vm: VM, dek: null, entropy });
    expect(await read('plain.vmem', 10 * MIB, own)).toMatchObject({ code: 'FILE_DAMAGED' });
    expect(await read('plain.vmem', 12 * MIB, { ...own, dek: null })).toMatchObject({ code: 'FILE_DAMAGED' });
  });

  it('of an encrypted VM is refused with any byte changed, cut short or longer', async () => {
    const { folder: vm } = await folder();
    await writeMemoryFile(vm, NAME, someMemory(), { vm: VM, dek: dekOf(), entropy });
    const good = await vm.readBytes(NAME, 16 * MIB);
    const dek = dekOf();
    const fault = async (bytes: Uint8Array) => {
      await vm.replace(NAME, bytes);
      return faultOf(readMemoryFile(vm, NAME, 10 * MIB, { vm: VM, dek }));
    };
    for (const at of [4, 9, 0x1b, 0x400, 4096, 8191, 20_000, good.length - 4096, good.length - 1]) {
      const forged = good.slice();
      forged[at]! ^= 1;
      expect(await fault(forged), `byte ${at}`).toMatchObject({ code: 'ENVELOPE_TAMPERED' });
    }
    for (const bytes of [good.subarray(0, -4096), good.subarray(0, -1), Buffer.concat([good, good.subarray(-4096)])]) {
      expect(await fault(bytes)).toMatchObject({ code: 'ENVELOPE_TAMPERED' });
    }
  });
});
