import { replaceFile } from '@vcryptsim/ports';
import { MachineFileSystem, MemoryFileSystem, PowerCutFileSystem, PowerSwitch } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { put, treeOf } from './tree-of.js';

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

describe('MachineFileSystem', () => {
  it('is gone after the operation in which its power goes, and so is what it had open', async () => {
    const memory = new MemoryFileSystem();
    const power = new PowerSwitch();
    const files = new MachineFileSystem(memory, power);
    const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
    let cuts = 0;
    power.cutIn(2, () => cuts++);
    await handle.pread(new Uint8Array(1), 0);
    await handle.pwrite(Buffer.from('A'), 0);
    expect([power.left, cuts]).toEqual([1, 0]);
    expect(await code(handle.pwrite(Buffer.from('B'), 1))).toBe('IO');
    expect([power.isOff, power.left, cuts]).toEqual([true, null, 1]);
    expect(await treeOf(memory)).toEqual({ '/a': 'AB' });
    expect([await code(handle.sizeBytes()), await code(files.readdir('/'))]).toEqual(['IO', 'IO']);
    power.on();
    expect([await code(handle.sizeBytes()), await code(files.readdir('/'))]).toEqual(['IO', 'done']);
    await handle.close();
  });

  it('counts for the site what its machines do, and takes all down together', async () => {
    const medium = new PowerCutFileSystem(new MemoryFileSystem());
    const site = new PowerSwitch();
    const [a, b] = [new MachineFileSystem(medium, new PowerSwitch(site)), new PowerSwitch(site)];
    const other = new MachineFileSystem(medium, b);
    await replaceFile(a, '/kept', Buffer.from('old'));
    let wentOff = false;
    site.cutIn(3, () => {
      wentOff = true;
    });
    await put(a, '/x', 'A');
    expect(await code(put(other, '/y', 'B'))).toBe('IO');
    expect([wentOff, b.isOff, await code(a.readdir('/'))]).toEqual([true, true, 'IO']);
    await medium.powerOn();
    site.on();
    expect(await treeOf(a)).toEqual({ '/kept': 'old' });
    b.off();
    expect([await code(a.readdir('/')), await code(other.readdir('/'))]).toEqual(['done', 'IO']);
  });

  it('keeps its power when the order is taken back', async () => {
    const power = new PowerSwitch();
    const files = new MachineFileSystem(new MemoryFileSystem(), power);
    power.cutIn(1, () => expect.fail('it was taken back'));
    power.keepOn();
    expect(await code(files.mkdir('/a'))).toBe('done');
  });

  it('loses calls under way, and says nothing of whether they were made', async () => {
    const power = new PowerSwitch();
    const memory = new MemoryFileSystem();
    const files = new MachineFileSystem(memory, power);
    const making = files.mkdir('/a');
    power.off();
    expect(await code(making)).toBe('IO');
    expect(await memory.readdir('/')).toEqual(['a']);
  });

  it('answers nothing while it hangs, and all of it afterwards, in order; a power cut ends that too', async () => {
    const power = new PowerSwitch();
    const files = new MachineFileSystem(new MemoryFileSystem(), power);
    const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
    files.hang();
    let answered = 0;
    const calls = ['A', 'B', 'C'].map((text, at) => handle.pwrite(Buffer.from(text), at).then(() => answered++));
    const look = files.readdir('/').then(() => answered++);
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(0);
    files.release();
    await Promise.all([...calls, look]);
    expect(await treeOf(files)).toEqual({ '/a': 'ABC' });
    files.hang();
    const lost = code(handle.pwrite(Buffer.from('D'), 0));
    power.off();
    files.release();
    power.on();
    expect(await lost).toBe('IO');
  });
});
