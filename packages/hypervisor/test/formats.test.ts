import type { HypervisorError } from '@vcryptsim/hypervisor/api';
import {
  decodeElement,
  decodeNvram,
  decodeText,
  encodeElement,
  encodeNvram,
  formatBundle,
  formatKeyLocator,
  formatVmwareUuid,
  parseBundle,
  parseDescriptor,
  parseKeyLocator,
  parseVmwareUuid,
  Vmx,
} from '@vcryptsim/hypervisor/formats';
import { describe, expect, it } from 'vitest';
import { KEY, OTHER_KEY, pattern } from './support/lab.js';

/** The fault of a call that must be refused. */
function refusal(work: () => unknown): object {
  try {
    work();
  } catch (error) {
    expect((error as Error).name).toBe('HypervisorError');
    return (error as HypervisorError).fault;
  }
  return expect.fail('it was accepted');
}

describe('VMX', () => {
  const text = '#!/usr/bin/vmware\n.encoding = "UTF-8"\n\n  displayName="a |22b|22 |7C c"  \nfoo.Bar = ""\n# end\n';

  it('reads keys without case and values unescaped', () => {
    const vmx = Vmx.parse(text, 'f');
    expect(vmx.get('DISPLAYNAME')).toBe('a "b" | c');
    expect(vmx.get('foo.bar')).toBe('');
    expect(vmx.get('none')).toBeUndefined();
    expect(vmx.lineOf('foo.bar')).toBe(5);
    expect(vmx.toText()).toBe(text);
  });

  it('changes one line and leaves the rest byte for byte', () => {
    const vmx = Vmx.parse(text, 'f');
    vmx.set('FOO.bar', 'x"y\n');
    vmx.set('new.key', '1');
    expect(vmx.toText()).toBe(`${text.replace('foo.Bar = ""', 'foo.Bar = "x|22y|0A"')}new.key = "1"\n`);
    expect(Vmx.parse(vmx.toText(), 'f').get('foo.bar')).toBe('x"y\n');
  });

  it.each([
    ['a = "1"\nb', 2],
    ['a = "1"\nb = "2', 2],
    ['a = "1" "2"', 1],
    ['a = ""1"', 1],
    ['= "1"', 1],
    ['a b = "1"', 1],
    ['a = "1"\nA = "2"', 2],
    ['a = "1"\n\0b = "2"', 2],
    ['a = 1 "2"', 1],
    ['a = "1"\nb# = "2"', 2],
  ])('refuses %j with its line', (bad, line) => {
    expect(refusal(() => Vmx.parse(bad, 'f'))).toMatchObject({ code: 'FILE_DAMAGED', file: 'f', line });
  });

  it('refuses text that is not in the encoding it names, with its line, and files that are too large', () => {
    const bytes = Buffer.concat([Buffer.from('.encoding = "UTF-8"\nb = "'), Buffer.of(0xc3, 0x28), Buffer.from('"\n')]);
    expect(refusal(() => decodeText(bytes, 'f'))).toMatchObject({ code: 'FILE_DAMAGED', line: 2 });
    expect(refusal(() => decodeText(new Uint8Array(2 ** 24 + 1).fill(65), 'f'))).toMatchObject({
      code: 'FILE_DAMAGED',
    });
    expect(refusal(() => decodeText(Buffer.alloc(2 ** 20, '\n'), 'f'))).toMatchObject({ code: 'FILE_DAMAGED' });
    expect(decodeText(Buffer.from('a\0\0\0'), 'f')).toBe('a');
  });
});

describe('key locators', () => {
  it.each([
    'vmware:key/null/<VMWARE-EMPTYSTRING>',
    'vmware:key/rawkey/abc%2b',
    'vmware:key/phrase/a%2fb/pass2key%3dPBKDF2%2dHMAC%2dSHA%2d1%3acipher%3dAES%2d256%3arounds%3d10000%3asalt%3dAA%253d%253d',
    'vmware:key/ldap/<VMWARE-NULL>/server/domain/636/TRUE/path',
    'vmware:key/script/id/path/signature',
    'vmware:key/role/<VMWARE-NULL>/adminRecovery',
    'vmware:key/fqid/<VMWARE-NULL>/corp%2dkms/44',
    'vmware:key/list/(fqid/<VMWARE-NULL>/a/b,null/<VMWARE-EMPTYSTRING>,list/(rawkey/x))',
    'vmware:key/list/(pair/(fqid/<VMWARE-NULL>/a/b,HMAC%2dSHA%2d256,AAAA%2b%2f%3d%3d))',
  ])('round trip of %s', (text) => {
    expect(formatKeyLocator(parseKeyLocator(text, 'f'))).toBe(text);
  });

  it('reads what vCenter’s event log prints unescaped, without regard to case, and writes the escaped form', () => {
    const printed = 'VMware:Key/LIST/(Pair/(FQID/<VMWARE-NULL>/corp-kms/3fa85f64-5717,HMAC-SHA-256,ab+/cd==))';
    expect(formatKeyLocator(parseKeyLocator(printed, 'f'))).toBe(
      'vmware:key/list/(pair/(fqid/<VMWARE-NULL>/corp%2dkms/3fa85f64%2d5717,HMAC%2dSHA%2d256,ab%2b%2fcd%3d%3d))',
    );
    expect(decodeElement('%3CVMWARE%2dNULL%3e')).toBeNull();
    expect(decodeElement('%3cVMWARE%2dEMPTYSTRING%3e')).toBe('');
  });

  it('escapes every byte that is no letter or digit, in lower case', () => {
    expect(encodeElement('ä-/+=_.~ Z9')).toBe('%c3%a4%2d%2f%2b%3d%5f%2e%7e%20Z9');
    expect(decodeElement('%c3%a4%2d')).toBe('ä-');
    expect([encodeElement(null), encodeElement('')]).toEqual(['<VMWARE-NULL>', '<VMWARE-EMPTYSTRING>']);
  });

  it.each([
    '',
    'vmware:key',
    'vmware:key/',
    'vmware:key/fqid',
    'vmware:key/fqid/a/b',
    'vmware:key/fqid/a/b/c/d',
    'vmware:key/fqid/a/b/%2',
    'vmware:key/fqid/a/b/%zz',
    'vmware:key/fqid/a/b/%ff',
    'vmware:key/fqid/a/b/',
    'vmware:key/fqid/a/b/c c',
    'vmware:key/role/a/emperor',
    'vmware:key/phrase/<VMWARE-NULL>/x',
    'vmware:key/list/',
    'vmware:key/list/()',
    'vmware:key/list/(null/',
    'vmware:key/list/(null/x,)',
    'vmware:key/pair/(null/x,y)',
    'vmware:key/pair/(null/x,y,z))',
    'vmware:key/toString/x',
    `vmware:key/${'list/('.repeat(100_000)}`,
  ])('refuses %.60s', (bad) => {
    expect(refusal(() => parseKeyLocator(bad, 'f'))).toEqual({ code: 'BUNDLE_TAMPERED', file: 'f' });
  });
});

describe('bundles', () => {
  const sealed = { keyId: KEY.id, locked: pattern(96) };

  it('round trip, of several pairs in their order too', () => {
    expect(parseBundle(formatBundle([sealed]), 'f')).toEqual([sealed]);
    const other = { keyId: OTHER_KEY.id, locked: pattern(64) };
    expect(parseBundle(formatBundle([other, sealed]), 'f')).toEqual([other, sealed]);
    expect(formatBundle([sealed, other])).toMatch(/^vmware:key.list.\(pair.*,pair.*\)\)$/);
  });

  it.each([
    ['no list', formatBundle([sealed]).replace('list/(', '').replace('))', ')')],
    ['no pair', 'vmware:key/list/(fqid/<VMWARE-NULL>/a/b)'],
    ['a locker that is no key of a provider', formatBundle([sealed]).replace(/fqid\/[^,]*,/, 'rawkey/x,')],
    ['no provider', formatBundle([sealed]).replace('corp%2dkms', '<VMWARE-NULL>')],
    ['base64 with a wrong end', formatBundle([sealed]).replace(/.\)\)$/, '))')],
    ['too little data', formatBundle([{ ...sealed, locked: pattern(63) }])],
    ['too much data', formatBundle([{ ...sealed, locked: pattern(20_000) }])],
  ])('refuses %s', (_name, bad) => {
    expect(refusal(() => parseBundle(bad, 'f'))).toEqual({ code: 'BUNDLE_TAMPERED', file: 'f' });
  });
});

describe('descriptors', () => {
  const good = [
    '# Disk DescriptorFile',
    'version=1',
    'encoding="UTF-8"',
    'CID=fffffffe',
    'parentCID=ffffffff',
    'createType="monolithicFlat"',
    'RW 8 FLAT "a b-f001.vmdk" 0',
    'RW 4 FLAT "a b-f002.vmdk" 16',
    'ddb.adapterType = "lsilogic"',
    'unknown.key=kept',
  ];
  const parse = (lines: readonly string[]): unknown => parseDescriptor(lines.join('\n'), 'f');

  it('reads header, extents and disk database of Workstation’s form too', () => {
    const descriptor = parseDescriptor(`${good.join('\r\n')}\r\n`, 'f');
    expect(descriptor.createType).toBe('monolithicFlat');
    expect(descriptor.capacity).toBe(12);
    expect(descriptor.extents[1]).toEqual({
      access: 'RW',
      sectors: 4,
      type: 'FLAT',
      fileName: 'a b-f002.vmdk',
      offsetSectors: 16,
      line: 8,
    });
    expect(descriptor.ddb.get('adapterType')).toBe('lsilogic');
    expect(descriptor.header.get('unknown.key')).toBe('kept');
    expect(descriptor.lineOf('extent')).toBe(7);
  });

  it.each<[string, number, string, number | undefined]>([
    ['a negative size', 6, 'RW -8 FLAT "x.vmdk" 0', 7],
    ['no size', 6, 'RW 0 FLAT "x.vmdk" 0', 7],
    ['2^63 sectors', 6, 'RW 9223372036854775808 FLAT "x.vmdk" 0', 7],
    ['2^53 sectors', 6, 'RW 9007199254740992 FLAT "x.vmdk" 0', 7],
    ['FLAT without offset', 6, 'RW 8 FLAT "x.vmdk"', 7],
    ['VMFS with offset', 6, 'RW 8 VMFS "x.vmdk" 0', 7],
    ['no quotes', 6, 'RW 8 FLAT x.vmdk 0', 7],
    ['a version that is no number', 1, 'version=next', 2],
    ['no file', 6, 'RW 8 SPARSE', 7],
    ['no version', 1, '', undefined],
    ['no CID', 3, '', undefined],
    ['a CID that is no number', 3, 'CID=xyz', 4],
    ['no parentCID', 4, '', undefined],
    ['no createType', 5, '', undefined],
    ['a key twice', 9, 'CID=1', 10],
    ['a lone quote', 9, 'x=a"b', 10],
    ['no key', 9, '=x', 10],
    ['some other text', 9, 'hello', 10],
  ])('refuses %s', (_name, index, line, number) => {
    const fault = refusal(() => parse(good.with(index, line)));
    expect(fault).toMatchObject({ code: 'FILE_DAMAGED', file: 'f' });
    expect((fault as { line?: number }).line).toBe(number);
  });

  it('refuses more extents than the largest disk has, and none', () => {
    const many = [...good.slice(0, 6), ...Array.from({ length: 65_537 }, () => 'RW 1 FLAT "x.vmdk" 0')];
    expect(refusal(() => parseDescriptor(many.join('\n'), 'f'))).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect(refusal(() => parse(good.slice(0, 6)))).toMatchObject({ code: 'FILE_DAMAGED' });
    expect(refusal(() => parse(good.with(1, 'version=4')))).toMatchObject({ code: 'NOT_SUPPORTED' });
    const large = 'RW 8796093022208 FLAT "x.vmdk" 0';
    expect(refusal(() => parse([...good.slice(0, 6), large, large]))).toMatchObject({ code: 'FILE_DAMAGED' });
  });
});

describe('VMware’s UUIDs', () => {
  it('round trip', () => {
    const uuid = '6000c29e-0011-2233-4455-66778899aabb';
    expect(formatVmwareUuid(uuid)).toBe('60 00 c2 9e 00 11 22 33-44 55 66 77 88 99 aa bb');
    expect(parseVmwareUuid('60 00 C2 9e 00 11 22 33-44 55 66 77 88 99 aa bb')).toBe(uuid);
    for (const bad of ['', uuid, '60 00 c2 9e 00 11 22 33 44 55 66 77 88 99 aa bb'])
      expect(parseVmwareUuid(bad)).toBeNull();
  });
});

describe('NVRAM', () => {
  const variables = new Map([
    ['BootOrder', Uint8Array.of(1, 2)],
    ['ä', new Uint8Array(300)],
  ]);

  it('round trip', () => {
    expect(decodeNvram(encodeNvram(variables), 'f')).toEqual(variables);
  });

  it('refuses every cut, every surplus and every wild length', () => {
    const bytes = encodeNvram(variables);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(refusal(() => decodeNvram(bytes.subarray(0, length), 'f'))).toMatchObject({ code: 'FILE_DAMAGED' });
    }
    for (const bad of [
      Buffer.concat([bytes, Buffer.of(0)]),
      Buffer.concat([bytes.subarray(0, 8), Buffer.of(255, 255)]),
    ]) {
      expect(refusal(() => decodeNvram(bad, 'f'))).toMatchObject({ code: 'FILE_DAMAGED' });
    }
  });
});

describe('what qemu leaves behind a descriptor that it wrote', () => {
  const padded = (text: string) => {
    const bytes = new Uint8Array(512);
    bytes.set(new TextEncoder().encode(text));
    return bytes;
  };

  it('is cut off, with the rest of a text that was longer before', () => {
    expect(decodeText(padded('CID=1\nversion=1\n'), 'a.vmdk')).toBe('CID=1\nversion=1\n');
    expect(decodeText(padded('CID=1\nversion=1\n\0\n\0'), 'a.vmdk')).toBe('CID=1\nversion=1\n');
  });

  it('does not hide a NUL that stands inside a line, or in a file of another length', () => {
    expect(decodeText(padded('CID=1\nver\0sion=1\n'), 'a.vmdk')).toBe('CID=1\nver\0sion=1\n');
    const short = 'CID=1\n\0version=1\n';
    expect(decodeText(new TextEncoder().encode(short), 'a.vmdk')).toBe(short);
  });
});
