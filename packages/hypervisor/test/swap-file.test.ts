// Guest swap: what a page that is out looks like in the file, and what is refused on its way back.
import { Dek, Kek, nativeEngine } from '@vcryptsim/crypto-core';
import { readWhole } from '@vcryptsim/ports';
import { MemoryFileSystem, SeededEntropy } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { VmFolder } from '../src/datastore/vm-folder.js';
import { AttachedMemory } from '../src/memory/attached-memory.js';
import { GuestMemory } from '../src/memory/guest-memory.js';
import { GuestProgram } from '../src/memory/guest-program.js';
import { SwapFile } from '../src/memory/swap-file.js';
import { faultOf, KEY, pattern, VM } from './support/lab.js';

const MIB = 1024 * 1024;
const NAME = 'web-0a1b2c3d.vswp';
const PATH = `/web/${NAME}`;
const MARKER = Buffer.from('what the guest has in its memory');
const LIFE = { host: 'esx-1', over: false, run: <T>(work: () => Promise<T>) => work() } as never;

function dekOf(): Dek {
  const kek = Kek.take(KEY.bytes.slice());
  const draw = () => pattern(64, 5);
  return Dek.make({ engine: nativeEngine(), draw, kek, binding: {}, iv: new Uint8Array(16) }).dek;
}

async function attached(dek: Dek | null) {
  const files = new MemoryFileSystem();
  await files.mkdir('/web');
  const folder = new VmFolder(files, 'ds1', 'web', '/web');
  const swap = await SwapFile.create(folder, NAME, MIB, { vm: VM, dek, entropy: new SeededEntropy(4) });
  const memory = new AttachedMemory('[ds1] web/web.vmx', new GuestMemory(MIB), swap);
  const port = memory.open(LIFE);
  const file = async () => Buffer.from(await readWhole(files, PATH, 4 * MIB));
  const put = async (bytes: Uint8Array, offsetBytes: number) => {
    const handle = await files.open(PATH, { access: 'write' });
    await handle.pwrite(bytes, offsetBytes);
    await handle.close();
  };
  const read = async (lengthBytes: number, offsetBytes: number) => {
    const buffer = new Uint8Array(lengthBytes);
    await port.read(buffer, offsetBytes);
    return Buffer.from(buffer);
  };
  return { files, folder, swap, memory, port, file, put, read };
}

describe('guest swap', () => {
  it('is as long as the memory, takes no room, and is gone when it is removed', async () => {
    const { files, swap } = await attached(dekOf());
    expect(await files.lstat(PATH)).toMatchObject({ sizeBytes: MIB, allocatedBytes: 0 });
    await swap.remove();
    expect(await files.readdir('/web')).toEqual([]);
  });

  it('takes over what an earlier run left', async () => {
    const { folder, put, file } = await attached(null);
    await put(MARKER, 0);
    await SwapFile.create(folder, NAME, MIB, { vm: VM, dek: null, entropy: new SeededEntropy(4) });
    expect((await file()).includes(MARKER)).toBe(false);
  });

  it.each([
    ['plain', true],
    ['encrypted', false],
  ])('of a %s VM holds the page as it is: %s [S05]', async (kind, isClear) => {
    const { memory, port, file, read } = await attached(kind === 'plain' ? null : dekOf());
    await port.write(MARKER, 3 * 4096 + 8);
    expect(await memory.reclaim(10)).toBe(1);
    expect(memory.memory.residentPages).toBe(0);
    const swapped = await file();
    expect(swapped.includes(MARKER)).toBe(isClear);
    expect(swapped.subarray(3 * 4096, 4 * 4096).every((byte) => byte === 0)).toBe(false);
    expect(swapped).toHaveLength(isClear ? MIB : MIB + 4 * 32);
    expect(await read(MARKER.length, 3 * 4096 + 8)).toEqual(MARKER);
    expect(memory.memory.residentPages).toBe(1);
  });

  it('shows no two equal pages of an encrypted VM, nor one page twice', async () => {
    const { memory, port, file } = await attached(dekOf());
    for (const page of [0, 1]) await port.write(pattern(4096), page * 4096);
    await memory.reclaim(2);
    const first = await file();
    expect(first.compare(first, 0, 4096, 4096, 8192)).not.toBe(0);
    await port.read(new Uint8Array(8192), 0);
    await memory.reclaim(2);
    expect(first.compare(await file(), 0, 4096, 0, 4096)).not.toBe(0);
  });

  it('of an encrypted VM gives no page back that is another one, changed, or older', async () => {
    const { memory, port, file, put } = await attached(dekOf());
    const fault = (page: number) => faultOf(port.read(new Uint8Array(1), page * 4096));
    const tampered = { code: 'ENVELOPE_TAMPERED', file: `[ds1] web/${NAME}` };
    await port.write(pattern(4096), 0);
    await port.write(pattern(4096, 2), 4096);
    await memory.reclaim(2);
    const older = await file();
    await put(older.subarray(4096, 8192), 0);
    await put(older.subarray(MIB + 32, MIB + 64), MIB);
    expect(await fault(0)).toEqual(tampered);
    await put(older.subarray(0, 4096), 0);
    await put(older.subarray(MIB, MIB + 32), MIB);
    await port.write(pattern(10, 3), 0);
    await memory.reclaim(2);
    const newer = await file();
    await put(older.subarray(0, 4096), 0);
    await put(older.subarray(MIB, MIB + 32), MIB);
    expect(await fault(0)).toEqual(tampered);
    await put(newer.subarray(MIB, MIB + 32), MIB);
    expect(await fault(0)).toEqual(tampered);
    // The page is still out: with its own bytes back it comes, and the other one was never touched.
    await put(newer.subarray(0, 4096), 0);
    await port.read(new Uint8Array(8192), 0);
  });

  it('brings all back before the memory is written into a file', async () => {
    const { memory, port, swap } = await attached(dekOf());
    await port.write(MARKER, 0);
    await port.write(MARKER, 200 * 4096);
    await memory.reclaim(1);
    expect(swap.pages()).toEqual([0]);
    await memory.held(async () => {
      const all = await memory.whole();
      expect([...all.pages()].map(([number]) => number)).toEqual([0, 200]);
    });
    expect(swap.pages()).toEqual([]);
  });
});

describe('the memory of a running VM', () => {
  it('refuses what lies outside, and everything after its end', async () => {
    const { memory, port } = await attached(dekOf());
    const beyond: Promise<void>[] = [port.read(new Uint8Array(2), MIB - 1), port.write(new Uint8Array(1), -1)];
    for (const call of beyond) expect(await faultOf(call)).toMatchObject({ code: 'OUT_OF_RANGE' });
    const other = memory.open(LIFE);
    await other.close();
    expect(await faultOf(other.read(new Uint8Array(1), 0))).toEqual({ code: 'INVALID_STATE', state: 'closed' });
    await port.write(MARKER, 0);
    memory.detach();
    expect(await faultOf(port.read(new Uint8Array(1), 0))).toEqual({ code: 'INVALID_STATE', state: 'poweredOff' });
    expect(memory.memory.residentPages).toBe(0);
  });
});

describe('the guest program', () => {
  it('writes memory and disk by its seed, goes on where its memory says, and notices every other byte', async () => {
    const { memory, port } = await attached(dekOf());
    const sectors = new Map<number, Uint8Array>();
    const disk = {
      capacity: 64,
      readSectors: async (start: number, buffer: Uint8Array) => buffer.set(sectors.get(start) ?? new Uint8Array(512)),
      writeSectors: async (start: number, bytes: Uint8Array) => void sectors.set(start, bytes.slice()),
      flush: async () => {},
    };
    const o = { memory: port, disk, sector: (index: number) => index };
    const program = new GuestProgram({ ...o, seed: 7 });
    expect(await program.check()).toMatchObject({ steps: null });
    await program.begin();
    expect(await program.run(3)).toBe(3);
    expect(await new GuestProgram({ ...o, seed: 7 }).run(2)).toBe(5);
    await memory.reclaim(1000);
    expect(await program.check()).toEqual({ steps: 5, wrongPages: [], wrongSectors: [] });
    expect((await new GuestProgram({ ...o, seed: 8 }).check()).wrongPages).not.toEqual([]);
    const [sector] = sectors.keys();
    sectors.get(sector!)![5]! ^= 1;
    const [[page] = [0]] = [...memory.memory.pages()].slice(1);
    const byte = new Uint8Array(1);
    await port.read(byte, page * 4096 + 9);
    await port.write(Uint8Array.of(byte[0]! ^ 1), page * 4096 + 9);
    expect(await program.check()).toEqual({ steps: 5, wrongPages: [page], wrongSectors: [sector] });
  });
});
