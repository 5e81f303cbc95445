// QEMU's own tools as witnesses: they open what a run left on the datastore and see noise, and they read its clear copy.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../support/left-out.js';
import { runCli } from '../support/run-cli.js';

const MIB = 1024 * 1024;
const SECTOR_BYTES = 512;
const WRITTEN_SECTOR = 2048;
const TEXT = 'written by the guest of this test';

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) leftOut('interop with qemu-img', 'qemu-img is not installed (Debian: qemu-utils)');

/** A compressible image in which no two neighbouring blocks are equal, with a hole of zeros at its end. */
function image(): Buffer {
  const bytes = Buffer.alloc(4 * MIB);
  for (let at = 0; at < 3 * MIB; at += 16) bytes.write(`block ${at}`.padEnd(16), at, 'latin1');
  return bytes;
}

const scenario = (dataUnit: number) => `
name: for qemu-img
about: An image on an encrypted disk, one sector written over it, and a clear copy.
seed: 7
lab:
  kms: { provider: corp-kms, nodes: [kms-1] }
  hosts: [esx-1]
  vms:
    web: { host: esx-1, disk: { image: source.img, dataUnit: ${dataUnit} } }
steps:
  - vm.create: web
  - vm.power-on: web
  - vm.write: { vm: web, lba: ${WRITTEN_SECTOR}, text: "${TEXT}" }
  - vm.digest: web
  - vm.power-off: web
  - vm.export: { vm: web, name: clear }
`;

describe.runIf(hasQemu).each([512, 4096])('a disk with data units of %i bytes', (dataUnit) => {
  let folder: string;
  let expected: Buffer;
  const at = (...names: string[]) => join(folder, ...names);
  const info = (path: string) => JSON.parse(String(execFileSync('qemu-img', ['info', '--output=json', path])));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-qemu-'));
    writeFileSync(at('source.img'), image());
    writeFileSync(at('scenario.yaml'), scenario(dataUnit));
    const run = await runCli(['run', at('scenario.yaml'), '--keep', at('run'), '--quiet']);
    expect(run.stderr).toBe('');
    expect(run.exitCode).toBe(0);
    expected = image();
    expected.fill(0, WRITTEN_SECTOR * SECTOR_BYTES, (WRITTEN_SECTOR + 1) * SECTOR_BYTES);
    expected.write(TEXT, WRITTEN_SECTOR * SECTOR_BYTES);
    writeFileSync(at('expected.img'), expected);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('[S08] is a VMDK to qemu-img, and noise behind its descriptor', () => {
    const descriptor = at('run', 'datastores', 'datastore1', 'web', 'web.vmdk');
    expect(info(descriptor)).toMatchObject({ format: 'vmdk', 'virtual-size': 4 * MIB });
    execFileSync('qemu-img', ['convert', '-O', 'raw', descriptor, at('noise.img')]);
    const noise = readFileSync(at('noise.img'));
    expect(noise).toHaveLength(expected.length);
    let equalBlocks = 0;
    for (let block = 0; block < noise.length; block += 16) {
      if (noise.compare(expected, block, block + 16, block, block + 16) === 0) equalBlocks += 1;
    }
    expect(equalBlocks).toBe(0);
    expect(gzipSync(expected).length).toBeLessThan(expected.length / 2);
    expect(gzipSync(noise).length).toBeGreaterThan(noise.length);
  });

  it('says nothing to a search, as it lies there', () => {
    const extent = readFileSync(at('run', 'datastores', 'datastore1', 'web', 'web-flat.vmdk'));
    expect(extent.includes(TEXT)).toBe(false);
    expect(extent.includes('block ')).toBe(false);
    expect(expected.includes('block ')).toBe(true);
  });

  it('compares equal to the image and what was written, once it was exported in clear', () => {
    const clear = at('run', 'exports', 'clear.vmdk');
    expect(info(clear)).toMatchObject({ format: 'vmdk', 'virtual-size': 4 * MIB });
    const compared = spawnSync('qemu-img', ['compare', '-s', '-F', 'raw', clear, at('expected.img')]);
    expect(String(compared.stdout)).toMatch(/identical/);
    expect(compared.status).toBe(0);
    // The comparison is able to see one byte.
    expected[17] = (expected[17] ?? 0) ^ 1;
    writeFileSync(at('other.img'), expected);
    expect(spawnSync('qemu-img', ['compare', '-F', 'raw', clear, at('other.img')]).status).toBe(1);
  });

  it("is left as it was by the run: the user's image", () => {
    expect(readFileSync(at('source.img')).equals(image())).toBe(true);
  });
});
