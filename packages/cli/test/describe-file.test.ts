import { composeDescriptor, formatKeyLocator, Vmx } from '@vcryptsim/hypervisor/formats';
import { type DiskUuid, sectorCount } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { describeFile } from '../src/inspect/describe-file.js';
import { type FileReport, renderReport } from '../src/inspect/file-report.js';

const locked = Buffer.alloc(116, 7).toString('base64');
const phrase = {
  type: 'phrase',
  id: 'O7OvTuWMvD8=',
  keyGenerator: 'pass2key=PBKDF2-HMAC-SHA-1:cipher=AES-256:rounds=10000:salt=AAAA',
} as const;
const keySafe = formatKeyLocator({
  type: 'list',
  locators: [{ type: 'pair', locker: phrase, macName: 'HMAC-SHA-1', locked }],
});
const vmx = (...entries: [string, string][]): string => {
  const text = Vmx.create();
  for (const [key, value] of [['displayName', 'laptop'] as [string, string], ...entries]) text.set(key, value);
  return text.toText();
};

/** What `inspect` would say of a file with that content. */
function inspected(content: string | Uint8Array, file: string): Promise<FileReport> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const ends = { sizeBytes: bytes.length, head: bytes.slice(0, 65_536), tail: bytes.slice(-65_536) };
  return describeFile(ends, async () => bytes, file);
}

describe('a VM that a key safe encrypts', () => {
  it('whole: by a password, with what stays in clear', async () => {
    const report = await inspected(vmx(['encryption.keySafe', keySafe], ['encryption.data', locked]), 'a.vmx');
    expect(report).toMatchObject({ encrypted: true, state: 'encrypted by a password' });
    expect(report.sealed.map(({ name }) => name)).toEqual(['encryption.keySafe', 'encryption.data']);
    expect(report.clear.map(({ name }) => name)).toEqual(['.encoding', 'displayName']);
    expect(report.keys).toEqual([
      {
        place: 'encryption.keySafe',
        opensWith: 'a password (PBKDF2-HMAC-SHA-1, 10000 rounds, AES-256)',
        macName: 'HMAC-SHA-1',
        lockedBytes: 116,
      },
    ]);
    const shown = renderReport(report);
    expect(shown).toContain('a.vmx: configuration of a VM (.vmx), encrypted by a password');
    expect(shown).toContain('116 bytes: IV 16, AES-256-CBC 80, HMAC-SHA-1 20');
    expect(shown).not.toContain(locked.slice(0, 20));
    expect(shown).not.toContain('salt');
  });

  it('in part, for a virtual TPM', async () => {
    const text = vmx(
      ['vmx.encryptionType', 'partial'],
      ['encryptedVM.guid', '{1}'],
      ['encryption.encryptedKey', locked],
      ['ENCRYPTION.KEYSAFE', keySafe],
      ['encryption.data', locked],
      ['managedVM.autoAddVTPM', 'software'],
      ['vtpm.present', 'TRUE'],
    );
    const report = await inspected(text, 'a.vmx');
    expect(report).toMatchObject({ encrypted: true, state: 'encrypted by a password, in part' });
    expect(renderReport(report)).toContain('Disks and the rest are in clear');
    expect(report.sealed).toHaveLength(3);
  });

  it.each<[string, [string, string][], boolean | null]>([
    ['a key safe that cannot be read', [['encryption.keySafe', 'vmware:key/new/x']], true],
    ['data alone', [['encryption.data', locked]], true],
    ['a form that is not known', [['encryption.future', 'x']], true],
    ['only its guid', [['encryptedVM.guid', '{1}']], true],
    ['a virtual TPM alone', [['vtpm.present', 'TRUE']], null],
    ['a virtual TPM that is switched off', [['vtpm.present', 'FALSE']], false],
    ['no need of encryption', [['encryption.required', 'FALSE']], false],
    ['nothing of the kind', [], false],
  ])('%s', async (_name, entries, encrypted) => {
    const report = await inspected(vmx(...entries), 'a.vmx');
    expect(report.encrypted).toBe(encrypted);
    if (encrypted !== false) expect(renderReport(report)).not.toContain('not encrypted');
  });

  it.each([
    ['fqid', { type: 'fqid', id: null, keyServerId: 'kms', keyId: 'k1' }, { keyId: 'k1', providerId: 'kms' }],
    ['rawkey', { type: 'rawkey', keyData: 'x' }, { opensWith: expect.stringContaining('anyone who has the file') }],
    ['role', { type: 'role', id: null, role: 'adminRecovery' }, { opensWith: 'a key of the role adminRecovery' }],
    [
      'script',
      { type: 'script', id: 'a', path: 'p.sh', signature: 's' },
      { opensWith: expect.stringContaining('p.sh') },
    ],
  ] as const)('names what opens it: %s', async (_type, locker, expected) => {
    const text = formatKeyLocator({
      type: 'list',
      locators: [{ type: 'pair', locker, macName: 'HMAC-SHA-256', locked }],
    });
    const { keys } = await inspected(vmx(['encryption.keySafe', text]), 'a.vmx');
    expect(keys).toMatchObject([{ place: 'encryption.keySafe', lockedBytes: 116, ...expected }]);
  });

  it('a disk whose descriptor speaks of a key in any form', async () => {
    const plain = composeDescriptor({
      createType: 'vmfs',
      contentId: 1,
      uuid: '6000c29e-0011-2233-4455-66778899aabb' as DiskUuid,
      capacity: sectorCount(8),
      extentFileName: 'a-flat.vmdk',
    });
    const has = async (line: string): Promise<boolean | null> =>
      (await inspected(plain.replace('createType', `${line}\ncreateType`), 'a.vmdk')).encrypted;
    expect(await has('x=1')).toBe(false);
    expect(await has('keyID=00000000')).toBe(false);
    expect(await has('keyID=0badcafe')).toBe(true);
    expect(await has('ENCRYPTIONKEYS="vmware:key/fqid/a/b/c"')).toBe(true);
    expect(await has('ddb.ioFilters = "spm,vmwarevmcrypt"')).toBe(true);
  });
});

describe('files of real products are named, and nobody is blamed', () => {
  const sparse = (descriptor: string): Uint8Array => {
    const bytes = new Uint8Array(64 * 1024);
    const view = new DataView(bytes.buffer);
    bytes.set(Buffer.from('KDMV\x01\0\0\0\x03\0\0\0', 'latin1'));
    view.setBigUint64(12, 8n, true);
    view.setBigUint64(28, 1n, true);
    view.setBigUint64(36, 20n, true);
    bytes.set(Buffer.from(descriptor), 512);
    return bytes;
  };
  const descriptor =
    '# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicSparse"\nRW 8 SPARSE "a.vmdk"\n';

  it('a sparse disk, by its embedded descriptor', async () => {
    const report = await inspected(sparse(descriptor), 'a.vmdk');
    expect(report.format).toBe('virtual disk: a sparse VMDK; its descriptor is embedded');
    expect(report.encrypted).toBe(false);
    expect(report.clear).toContainEqual({ name: 'createType', value: 'monolithicSparse' });
    const keys = descriptor.replace('createType', 'encryptionKeys="vmware:key/fqid/a/b/c"\ncreateType');
    expect((await inspected(sparse(keys), 'a.vmdk')).encrypted).toBe(true);
  });

  const at = (start: number, text: string, sizeBytes = 8192): Uint8Array => {
    const bytes = new Uint8Array(sizeBytes).fill(7);
    bytes.set(Buffer.from(text, 'latin1'), start < 0 ? sizeBytes + start : start);
    return bytes;
  };
  const encobj = at(0, `\x9e\xdd\x43\x89\x01\0\0\0${'\0'.repeat(16)}\x10\0\0\0\0\0\0\0`);

  it.each<[string, string, Uint8Array | string, boolean | null, string]>([
    ['firmware variables', 'a.nvram', at(0, 'MRVN', 8684), false, 'as VMware writes it'],
    ['sealed firmware variables', 'A.NVRAM', encobj, true, 'an encobj as VMware has it'],
    ['a sealed snapshot', 'a-Snapshot1.vmsn', encobj, true, 'an encrypted state file of a VM'],
    ['a saved state', 'a.vmss', at(0, '\xd2\xbe\xd2\xbe\x08\0\0\0'), false, 'saved state'],
    ['memory', 'a-1.vmem', at(0, '\0'), null, 'memory of a VM'],
    ['sealed memory', 'a-1.vmem', encobj, true, 'an encrypted state file of a VM'],
    ['a log', 'vmware-0.log', '2023-03-01T10:00:00.123Z In(05) vmx - Log\n', false, 'log of a VM'],
    ['a list of snapshots', 'a.vmsd', '.encoding = "UTF-8"\nsnapshot.lastUID = "1"\n', false, 'list of snapshots'],
    ['no snapshots', 'a.vmsd', '', false, 'list of snapshots'],
    ['additional configuration', 'a.vmxf', '<?xml version="1.0"?>\n<Foundry/>', false, '.vmxf'],
    ['a template', 'a.VMTX', '.encoding = "UTF-8"\nconfig.version = "8"\n', false, 'template of a VM'],
    ['a configuration of another name', 'old.txt', 'config.version = "8"\n', false, 'configuration of a VM'],
    ['a snapshot’s extent', 'a-000001-sesparse.vmdk', at(0, '\xbe\xba\xfe\xca\0\0\0\0'), null, 'seSparse'],
    ['a change-tracking file', 'a-ctk.vmdk', at(0, '\xa2\x72\x19\xf6'), null, 'change-tracking file'],
    ['another product’s disk', 'a.vdi', at(64, '\x7f\x10\xda\xbe'), null, 'a VirtualBox disk image'],
    ['a packed VM', 'a.ova', at(0, 'PK\x03\x04'), null, 'a zip archive'],
    ['swap', 'a-12345678.vswp', at(0, '\0'), null, 'swap file'],
  ])('%s', async (_name, file, content, encrypted, format) => {
    const report = await inspected(content, file);
    expect(report.encrypted).toBe(encrypted);
    expect(report.format).toContain(format);
    const shown = renderReport(report);
    expect(shown).not.toMatch(/changed|damaged|Correct the file|saved copy/);
    if (encrypted === null) expect(shown).not.toContain('not encrypted');
  });

  it.each([
    ['a device', 'RW 8 FLAT "\\\\.\\PhysicalDrive3" 0 partitionUUID "x"'],
    ['a device of Unix', 'rw 63 flat "/dev/sda" 0'],
    ['another folder', 'RW 8 FLAT "/vmfs/volumes/1/a-flat.vmdk" 0'],
    ['a vSAN object', 'RW 8 VMFS "vsan://52b1b1c3/a1b2"'],
    ['zeros', 'RW 8 ZERO'],
    ['read-only', 'RDONLY 8 FLAT "a-flat.vmdk" 0'],
    ['a raw device map', 'RW 8 VMFSRDM "a-rdm.vmdk"'],
  ])('a descriptor whose extent is %s', async (_name, extent) => {
    const report = await inspected(descriptor.replace('RW 8 SPARSE "a.vmdk"', extent), 'a.vmdk');
    expect(report.encrypted).toBe(false);
    expect(report.clear.at(-1)?.value).toContain('sectors');
  });

  it('still says of nothing known that it is not known', async () => {
    await expect(inspected(at(0, '\x01\x02'), 'a.bin')).rejects.toThrow('not a file of a virtual machine');
    await expect(inspected(at(0, '\x01\x02'), 'a.vmdk')).rejects.toThrow('neither the descriptor of a disk');
    await expect(inspected(at(0, '\0'), 'x/a-flat.vmdk')).rejects.toMatchObject({
      exitCode: 3,
      nextStep: expect.stringContaining('x/a.vmdk'),
    });
    await expect(inspected(new Uint8Array(4096), 'a.vmx')).rejects.toThrow('holds no entry');
    await expect(inspected('', 'a.vmx')).rejects.toThrow('is empty');
  });
});
