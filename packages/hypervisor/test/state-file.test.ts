// A VM's saved state in its folder: sealed or in clear, bound to its VM and its name.
import { Dek, Kek, nativeEngine } from '@vcryptsim/crypto-core';
import { MemoryFileSystem, SeededEntropy } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { VmFolder } from '../src/datastore/vm-folder.js';
import { readStateFile, writeStateFile } from '../src/vm-home/state-file.js';
import { faultOf, KEY, OTHER_VM, pattern, VM } from './support/lab.js';

const NAME = 'web-Snapshot1.vmsn';
const MARKER = new TextEncoder().encode('what the guest would not like to see here');
const STATE = new Map([['snapshot', new Map([['config', MARKER]])]]);
const entropy = new SeededEntropy(3);

function dekOf(salt = 5): Dek {
  const kek = Kek.take(KEY.bytes.slice());
  return Dek.make({
    ...{ engine: nativeEngine(), draw: (lengthBytes: number) => pattern(lengthBytes, salt) },
    ...{ kek, binding: {}, iv: new Uint8Array(16) },
  }).dek;
}

async function folder(): Promise<VmFolder> {
  const files = new MemoryFileSystem();
  await files.mkdir('/web');
  return new VmFolder(files, 'ds1', 'web', '/web');
}

const holds = async (vm: VmFolder, name = NAME) =>
  Buffer.from(await vm.readBytes(name, 2 ** 20)).includes(Buffer.from(MARKER));

describe('a saved state of a VM', () => {
  it('is in clear of a plain VM, and ciphertext of an encrypted one [S05]', async () => {
    const [plain, sealed] = [await folder(), await folder()];
    await writeStateFile(plain, NAME, STATE, VM, null, entropy);
    await writeStateFile(sealed, NAME, STATE, VM, dekOf(), entropy);
    expect([await holds(plain), await holds(sealed)]).toEqual([true, false]);
    expect(await readStateFile(plain, NAME, VM, null)).toEqual(STATE);
    expect(await readStateFile(sealed, NAME, VM, dekOf())).toEqual(STATE);
  });

  it('is not made over another file', async () => {
    const vm = await folder();
    await writeStateFile(vm, NAME, STATE, VM, null, entropy);
    expect(await faultOf(writeStateFile(vm, NAME, new Map(), VM, null, entropy))).toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect(await readStateFile(vm, NAME, VM, null)).toEqual(STATE);
  });

  it('opens as itself only: no other VM, no other name, no other key', async () => {
    const vm = await folder();
    await writeStateFile(vm, NAME, STATE, VM, dekOf(), entropy);
    const tampered = { code: 'ENVELOPE_TAMPERED', file: `[ds1] web/${NAME}` };
    expect(await faultOf(readStateFile(vm, NAME, OTHER_VM, dekOf()))).toEqual(tampered);
    expect(await faultOf(readStateFile(vm, NAME, VM, dekOf(6)))).toEqual(tampered);
    await vm.rename(NAME, 'web-Snapshot2.vmsn');
    expect(await faultOf(readStateFile(vm, 'web-Snapshot2.vmsn', VM, dekOf()))).toMatchObject({
      code: 'ENVELOPE_TAMPERED',
    });
  });

  it('tells a sealed one of a VM without keys from a plain one of a VM with keys', async () => {
    const vm = await folder();
    await writeStateFile(vm, NAME, STATE, VM, dekOf(), entropy);
    expect(await faultOf(readStateFile(vm, NAME, VM, null))).toMatchObject({ code: 'BUNDLE_MISSING' });
    await writeStateFile(vm, 'plain.vmsn', STATE, VM, null, entropy);
    expect(await faultOf(readStateFile(vm, 'plain.vmsn', VM, dekOf()))).toMatchObject({ code: 'FILE_DAMAGED' });
  });
});
