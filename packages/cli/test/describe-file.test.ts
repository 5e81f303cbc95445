import { createCipheriv } from 'node:crypto';
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
function inspected(
  content: string | Uint8Array,
  file: string,
  others: Readonly<Record<string, string>> = {},
): Promise<FileReport> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const ends = { sizeBytes: bytes.length, head: bytes.slice(0, 65_536), tail: bytes.slice(-65_536) };
  const beside = async (name: string) => (name in others ? new TextEncoder().encode(others[name]) : null);
  return describeFile(ends, async () => bytes, file, beside);
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
    ['memory', 'a-1.vmem', at(0, '\0'), false, 'memory of a VM'],
    ['memory of zeros', 'a-1.vmem', new Uint8Array(8192), null, 'memory of a VM'],
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
    ['swap', 'a-12345678.vswp', new Uint8Array(8192), null, 'swap file'],
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
    await expect(inspected(new Uint8Array(4096), 'a.vmx')).rejects.toThrow('holds no entry');
    await expect(inspected('', 'a.vmx')).rejects.toThrow('is empty');
  });
});

describe('files of a chain and of what is under way', () => {
  const keyed = (text: string) =>
    text.replace('createType=', 'keyID=5f0c91a2\ncreateType=').replace('#DDB', '#DDB\nddb.iofilters = "vmwarevmcrypt"');
  const base = composeDescriptor({
    ...{ createType: 'vmfs', contentId: 0x11, capacity: sectorCount(8), extentFileName: 'a-flat.vmdk' },
    uuid: '6000c29a-1111-4222-8333-444455556666' as DiskUuid,
  });
  const child = [
    '# Disk DescriptorFile\nversion=1\nCID=00000022\nparentCID=00000011\ncreateType="vmfsSparse"',
    'parentFileNameHint="a.vmdk"\nRW 8 VMFSSPARSE "a-000001-delta.vmdk"\n',
  ].join('\n');
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(8192));
  const lines = (report: FileReport) => renderReport(report).replaceAll('\n', ' ');

  it('a child names its parent, and says when that was changed since', async () => {
    expect(lines(await inspected(child, 'a-000001.vmdk', { 'a.vmdk': base }))).toContain(
      'child of a.vmdk: what it lacks',
    );
    const changed = base.replace('CID=00000011', 'CID=000000ff');
    expect(lines(await inspected(child, 'a-000001.vmdk', { 'a.vmdk': changed }))).toContain('the chain does not open');
    expect(lines(await inspected(child, 'a-000001.vmdk'))).toContain('not found beside it');
    const notes = (await inspected(child, 'a-000001.vmdk', { 'a.vmdk': 'no descriptor' })).notes ?? [];
    expect(notes.join(' ')).toContain('could not be read');
    expect((await inspected(base, 'a.vmdk')).notes).toBeUndefined();
  });

  it('[S05] data of a disk is what its descriptor says, unless it looks otherwise', async () => {
    const sealed = await inspected(noise, 'a-flat.vmdk', { 'a.vmdk': keyed(base) });
    expect(sealed).toMatchObject({ encrypted: true, clear: [] });
    const plain = await inspected('in clear '.repeat(1000), 'a-flat.vmdk', { 'a.vmdk': base });
    expect(plain).toMatchObject({ encrypted: false, sealed: [] });
    // Without a key in the descriptor, and nothing that shows it is in clear.
    const dense = await inspected(noise, 'a-flat.vmdk', { 'a.vmdk': base });
    expect(dense).toMatchObject({ encrypted: null, state: 'not known to be encrypted' });
    // Text under a descriptor that names a key: neither is believed.
    const text = await inspected('plain as day. '.repeat(1000), 'a-flat.vmdk', { 'a.vmdk': keyed(base) });
    expect(text.encrypted).toBeNull();
    expect(lines(text)).toContain('The bytes look otherwise');
    const alone = await inspected(noise, 'a-flat.vmdk');
    expect(alone.encrypted).toBeNull();
    expect(lines(alone)).toContain('There is no a.vmdk beside it');
    expect((await inspected(noise, 'a-flat.vmdk', { 'a.vmdk': '# Disk DescriptorFile\n??' })).encrypted).toBeNull();
  });

  it('a delta extent shows its tables, and its grains are as its descriptor says', async () => {
    const cowd = Buffer.alloc(4096);
    cowd.write('COWD');
    [1, 3, 8, 1, 4, 1, 8].forEach((word, at) => {
      cowd.writeUInt32LE(word, 4 + 4 * at);
    });
    const report = await inspected(cowd, 'a-000001-delta.vmdk', { 'a-000001.vmdk': keyed(child) });
    expect(report).toMatchObject({ encrypted: true, sealed: [{ name: 'the grains' }] });
    expect(report.clear).toContainEqual({ name: 'capacity', value: '8 sectors, 4.0 KiB' });
    const cut = await inspected(cowd.subarray(0, 20), 'a-000001-delta.vmdk');
    expect(cut.encrypted).toBeNull();
  });

  it('a list of snapshots is shown as a list, in clear, and what makes no list is shown all the same', async () => {
    const vmsd = [
      '.encoding = "UTF-8"\nsnapshot.lastUID = "3"\nsnapshot.current = "3"\nsnapshot0.uid = "3"',
      'snapshot0.filename = "a-Snapshot3.vmsn"\nsnapshot0.displayName = "before the merger"\nsnapshot0.type = "1"',
      'snapshot0.createTimeHigh = "405000"\nsnapshot0.createTimeLow = "-814770620"\nsnapshot0.numDisks = "1"',
      'snapshot0.disk0.fileName = "a.vmdk"\nsnapshot0.disk0.node = "scsi0:0"\nsnapshot.numSnapshots = "1"\n',
    ].join('\n');
    const report = await inspected(vmsd, 'a.vmsd');
    expect(report).toMatchObject({ encrypted: false, format: 'list of snapshots (.vmsd): 1 snapshot of 3 ever taken' });
    expect(report.clear).toContainEqual({ name: 'snapshot 3', value: 'before the merger' });
    expect(report.clear).toContainEqual({ name: '  taken', value: '2025-02-13T16:47:15.076Z, with memory' });
    const odd = await inspected(vmsd.replace('uid = "3"', 'uid = "x"'), 'a.vmsd');
    expect(odd.clear).toContainEqual({ name: 'snapshot0.displayName', value: 'before the merger' });
    expect(lines(odd)).toContain('make no list of snapshots');
  });

  it('a saved state names its groups; an encrypted one its size, and that it was cut', async () => {
    const state = Buffer.alloc(12 + 2 * 80);
    state.writeUInt32LE(0xbed2bed2, 0);
    state.writeUInt32LE(3, 8);
    state.write('Checkpoint', 12);
    state.write('memory', 92);
    const report = await inspected(state, 'a.vmss');
    expect(report.clear.map(({ value }) => value)).toEqual(['Checkpoint', 'memory']);
    expect(lines(report)).toContain('says that it has 3 groups, and 2 are there');
    const encobj = Buffer.alloc(8192);
    encobj.writeUInt32LE(0x8943dd9e, 0);
    encobj.writeUInt32LE(1, 4);
    encobj.writeBigUInt64LE(100n, 0x18);
    expect(lines(await inspected(encobj, 'a.vmsn'))).not.toContain('cut short');
    expect(lines(await inspected(encobj.subarray(0, 4096), 'a.vmsn'))).toContain('cut short');
  });

  it('a lock names who holds it', async () => {
    const nfs = Buffer.alloc(84);
    nfs.writeUInt32LE(1, 0x10);
    nfs.write('esx-7.example.com', 0x14);
    const report = await inspected(nfs, '.lck-e003090001000000');
    expect(report.clear).toContainEqual({ name: 'file ID', value: '4295558112 (0x1000903e0)' });
    expect(report.clear).toContainEqual({ name: 'held by', value: 'esx-7.example.com' });
    const vmfs = Buffer.alloc(512);
    vmfs.writeUInt32LE(0x10c00001, 0);
    expect((await inspected(vmfs, 'a.vmx.lck.3')).clear).toContainEqual({ name: 'held by', value: 'nobody' });
  });

  it('a change that is under way names its files, a journal how far it is', async () => {
    const record = await inspected('change.made0 = "a_1.vmdk"\nchange.dropped0 = "a.vmdk"\n', 'a.vmx.change');
    expect(record.format).toContain('record of a change');
    const journal = Buffer.alloc(8192 + 512, 9);
    for (const [at, number] of [
      [0, 5n],
      [4096, 6n],
    ] as const) {
      journal.write('VCREWR01', at);
      journal.writeBigUInt64LE(number, at + 8);
      journal.writeBigUInt64LE(number * 1024n, at + 16);
      journal.writeUInt32LE(512, at + 24);
      journal[at + 28] = 0;
    }
    const report = await inspected(journal, 'a-flat.vmdk.journal');
    expect(report.clear).toContainEqual({ name: 'done', value: '6144 bytes' });
    expect(report.clear).toContainEqual({ name: 'direction', value: 'to the new keys' });
  });
});
