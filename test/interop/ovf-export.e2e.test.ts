// Others as witnesses of an exported VM: qemu-img opens the disks and finds them equal, sha256sum agrees with the manifest,
// Python's XML parser reads the description.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../support/left-out.js';
import { runCli } from '../support/run-cli.js';

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) leftOut('an exported VM before qemu-img', 'qemu-img is not installed (Debian: qemu-utils)');
const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) leftOut("an exported VM before Python's XML parser", 'python3 is not installed');

const SECTORS = 4099;
const TEXT = 'written by the guest of this test';
const SCENARIO = `
name: for those who import
about: An encrypted VM is refused, and decrypted exported.
seed: 9
lab:
  kms: { provider: corp-kms, nodes: [kms-1] }
  hosts: [esx-1]
  vms:
    web: { host: esx-1, disks: [{ image: source.img }, 1MiB] }
steps:
  - vm.create: web
  - vm.export-ovf: web
    expect: { error: { code: ENCRYPTED_VM_NOT_SUPPORTED, messageKey: com.vmware.vim.vpxd.encryption.opUnsupportedOnEncryptedVm } }
  - vm.reconfigure: { vm: web, policy: Datastore Default }
  - vm.power-on: web
  - vm.write: { vm: web, lba: 2048, text: "${TEXT}" }
  - vm.power-off: web
  - vm.export-ovf: web
`;

describe('a VM that was exported', () => {
  let folder: string;
  let expected: Buffer;
  const at = (...names: string[]) => join(folder, ...names);
  const exported = (name: string) => at('run', 'exports', name);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-ovf-'));
    expected = Buffer.alloc(SECTORS * 512);
    for (let byte = 0; byte < 1024 * 1024; byte += 16) expected.write(`block ${byte}`.padEnd(16), byte, 'latin1');
    writeFileSync(at('source.img'), expected);
    writeFileSync(at('scenario.yaml'), SCENARIO);
    const { exitCode, stdout, stderr } = await runCli(['run', at('scenario.yaml'), '--keep', at('run')]);
    expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: '' });
    expected.set(readFileSync(at('run', 'datastores', 'datastore1', 'web', flatName())));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The extent of the first disk, which is plain by now. */
  function flatName(): string {
    const vmx = readFileSync(at('run', 'datastores', 'datastore1', 'web', 'web.vmx'), 'utf8');
    const [, name = ''] = /^scsi0:0\.fileName = "(.*)\.vmdk"$/m.exec(vmx) ?? [];
    return `${name}-flat.vmdk`;
  }

  it('[S28] has left nothing before it was decrypted, and all of it afterwards', () => {
    expect(readdirSync(at('run', 'exports')).sort()).toEqual(['web-disk1.vmdk', 'web-disk2.vmdk', 'web.mf', 'web.ovf']);
  });

  it('agrees with its manifest', () => {
    const lines = readFileSync(exported('web.mf'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      const [, name = '', digest] = /^SHA256\((.*)\)= ([0-9a-f]{64})$/.exec(line) ?? [];
      expect(
        createHash('sha256')
          .update(readFileSync(exported(name)))
          .digest('hex'),
      ).toBe(digest);
    }
  });

  it.runIf(hasPython)('has a description that an XML parser reads, and whose references fit', () => {
    const script = [
      'import json, sys, xml.etree.ElementTree as E',
      'o = "{http://schemas.dmtf.org/ovf/envelope/1}"',
      'r = "{http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData}"',
      't = E.parse(sys.argv[1]).getroot()',
      'items = [{c.tag.replace(r, ""): c.text for c in i} for i in t.iter(o + "Item")]',
      'order = all([c.tag for c in i] == sorted(c.tag for c in i) for i in t.iter(o + "Item"))',
      'print(json.dumps({"root": t.tag, "order": order, "items": items,',
      '  "files": [dict(f.attrib) for f in t.iter(o + "File")], "disks": [dict(d.attrib) for d in t.iter(o + "Disk")]}))',
    ].join('\n');
    const read = JSON.parse(execFileSync('python3', ['-c', script, exported('web.ovf')], { encoding: 'utf8' }));
    const o = '{http://schemas.dmtf.org/ovf/envelope/1}';
    expect(read).toMatchObject({ root: `${o}Envelope`, order: true });
    expect(read.files.map((file: Record<string, string>) => file[`${o}href`])).toEqual([
      'web-disk1.vmdk',
      'web-disk2.vmdk',
    ]);
    for (const file of read.files) {
      expect(Number(file[`${o}size`])).toBe(readFileSync(exported(file[`${o}href`])).length);
    }
    expect(read.disks.map((disk: Record<string, string>) => disk[`${o}capacity`])).toEqual([
      String(SECTORS * 512),
      String(1024 * 1024),
    ]);
    const instances = read.items.map((item: Record<string, string>) => item.InstanceID);
    expect(new Set(instances).size).toBe(instances.length);
    const disks = read.items.filter((item: Record<string, string>) => item.ResourceType === '17');
    expect(disks.map((item: Record<string, string>) => [item.HostResource, item.AddressOnParent])).toEqual([
      ['ovf:/disk/vmdisk1', '0'],
      ['ovf:/disk/vmdisk2', '1'],
    ]);
    for (const { Parent } of disks) expect(instances).toContain(Parent);
  });

  it.runIf(hasQemu)('has disks that qemu-img opens, checks, and finds equal to what the guest has', () => {
    const info = JSON.parse(String(execFileSync('qemu-img', ['info', '--output=json', exported('web-disk1.vmdk')])));
    expect(info).toMatchObject({ format: 'vmdk', 'virtual-size': SECTORS * 512 });
    expect(expected.includes(TEXT)).toBe(true);
    writeFileSync(at('expected.img'), expected);
    const compare = (raw: string) =>
      spawnSync('qemu-img', ['compare', '-f', 'vmdk', '-F', 'raw', exported('web-disk1.vmdk'), raw]).status;
    expect(compare(at('expected.img'))).toBe(0);
    expect(spawnSync('qemu-img', ['check', exported('web-disk1.vmdk')]).status).toBe(0);
    // The comparison is able to see one byte.
    expected[17] = (expected[17] ?? 0) ^ 1;
    writeFileSync(at('other.img'), expected);
    expect(compare(at('other.img'))).toBe(1);
  });
});
