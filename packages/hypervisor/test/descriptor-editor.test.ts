import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  composeDescriptor,
  decodeText,
  editDescriptor,
  formatBundle,
  parseDescriptor,
} from '@vcryptsim/hypervisor/formats';
import { type DiskUuid, sectorCount } from '@vcryptsim/ports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut, sharedPath } from '../../../test/support/left-out.js';
import { KEY, pattern } from './support/lab.js';

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) leftOut('qemu-img on edited descriptors', 'qemu-img is not installed (package qemu-utils)');

const BUNDLE = formatBundle([{ keyId: KEY.id, locked: pattern(288) }]);
const plain = composeDescriptor({
  createType: 'vmfs',
  contentId: 0x1b2c3d4e,
  uuid: '6000c29e-0011-2233-4455-66778899aabb' as DiskUuid,
  capacity: sectorCount(128),
  extentFileName: 'a-flat.vmdk',
});

/** What encrypting a disk writes into its descriptor. */
function encrypt(bytes: Uint8Array): Uint8Array {
  const editor = editDescriptor(bytes, 'f');
  editor.setHeader('keyID', '5f0c91a2');
  editor.setHeader('encryptionKeys', BUNDLE);
  editor.addFilter('vmwarevmcrypt');
  editor.setDdb('vmcrypt.cipher', 'XTS-AES-256');
  editor.setDdb('vmcrypt.dataUnitSize', '512');
  return editor.toBytes();
}

function decrypt(bytes: Uint8Array): Uint8Array {
  const editor = editDescriptor(bytes, 'f');
  for (const key of ['keyID', 'encryptionKeys']) editor.removeHeader(key);
  editor.removeFilter('vmwarevmcrypt');
  for (const key of ['vmcrypt.cipher', 'vmcrypt.dataUnitSize']) editor.removeDdb(key);
  return editor.toBytes();
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('where lines go', () => {
  it('new header lines after createType, new ddb lines at the end of the disk database', () => {
    const source = `${plain}\n# kept at the end\n`;
    const edited = text(encrypt(Buffer.from(source))).split('\n');
    const after = (line: string): string | undefined => edited[edited.indexOf(line) + 1];
    expect(after('createType="vmfs"')).toBe('keyID=5f0c91a2');
    expect(after('keyID=5f0c91a2')).toBe(`encryptionKeys="${BUNDLE}"`);
    expect(after('ddb.virtualHWVersion = "19"')).toBe('ddb.iofilters = "vmwarevmcrypt"');
    expect(edited.slice(-3)).toEqual(['', '# kept at the end', '']);
  });

  it('after CID where that comes later than createType, since qemu-img takes the first CID that it meets', () => {
    const source = 'version=1\ncreateType="vmfs"\nparentCID=ffffffff\nCID=1\nRW 8 VMFS "a"\n';
    expect(text(encrypt(Buffer.from(source)))).toMatch(
      /^version=1\ncreateType="vmfs"\nparentCID=ffffffff\nCID=1\nkeyID=/,
    );
  });

  it('in quotes where the value cannot do without', () => {
    const editor = editDescriptor(Buffer.from(plain), 'f');
    editor.setHeader('CID', '0badcafe');
    editor.setHeader('keyID', 'two words # and no comment');
    const after = parseDescriptor(decodeText(editor.toBytes(), 'f'), 'f');
    expect(text(editor.toBytes())).toContain('\nCID=0badcafe\n');
    expect(after.header.get('keyid')).toBe('two words # and no comment');
  });

  it('at the end of a file that has no disk database, and whose last line has no end', () => {
    const source = 'version=1\r\nCID=1\r\nparentCID=f\r\ncreateType="vmfs"\r\nRW 8 VMFS "a"';
    const editor = editDescriptor(Buffer.from(source), 'f');
    editor.addFilter('vmwarevmcrypt');
    expect(text(editor.toBytes())).toBe(`${source}\r\nddb.iofilters = "vmwarevmcrypt"\r\n`);
  });
});

describe('IO filters', () => {
  it.each([
    ['spm', 'spm,vmwarevmcrypt', 'spm'],
    ['spm, vmwarelwd', 'spm, vmwarelwd,vmwarevmcrypt', 'spm, vmwarelwd'],
    ['spm,vmwarevmcrypt,vmwarelwd', 'spm,vmwarevmcrypt,vmwarelwd', 'spm,vmwarelwd'],
    ['vmwarevmcrypt', 'vmwarevmcrypt', undefined],
    ['', 'vmwarevmcrypt', undefined],
    ['notvmwarevmcrypt', 'notvmwarevmcrypt,vmwarevmcrypt', 'notvmwarevmcrypt'],
  ])('%j, with ours %j, without it %j', (before, added, removed) => {
    const editor = editDescriptor(Buffer.from(`${plain}ddb.iofilters = "${before}"\n`), 'f');
    editor.addFilter('vmwarevmcrypt');
    expect(editor.ddb('iofilters')).toBe(added);
    const written = editor.toBytes();
    expect(parseDescriptor(decodeText(written, 'f'), 'f').ddb.get('iofilters')).toBe(added);
    editor.removeFilter('vmwarevmcrypt');
    expect(editor.ddb('iofilters')).toBe(removed);
    expect(parseDescriptor(decodeText(editor.toBytes(), 'f'), 'f').ddb.get('iofilters')).toBe(removed);
  });
});

describe('what qemu-img leaves behind a text', () => {
  // It wrote whole sectors, and what was longer before stands behind the first NUL.
  const padded = Buffer.alloc(1024);
  padded.write(plain);
  padded.write('4567890")"\n', plain.length + 1);

  it('is kept while nothing is changed, and gone from an edited file: it may be of an older bundle', () => {
    expect(Buffer.from(editDescriptor(padded, 'f').toBytes())).toEqual(padded);
    const editor = editDescriptor(padded, 'f');
    editor.setHeader('CID', '0badcafe');
    expect(text(editor.toBytes())).toBe(plain.replace('CID=1b2c3d4e', 'CID=0badcafe'));
  });
});

describe('a refusal', () => {
  it('is that of the reader, and of a character that the encoding lacks; nothing is changed', () => {
    expect(() => editDescriptor(Buffer.from('version=1\n'), 'f')).toThrow(
      expect.objectContaining({ code: 'FILE_DAMAGED' }),
    );
    const source = Buffer.from(plain.replace('encoding="UTF-8"', 'encoding="windows-1252"'));
    const editor = editDescriptor(source, 'f');
    expect(() => editor.renameExtent('数.vmdk')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => editor.setDdb('vmcrypt.cipher', '数')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(Buffer.from(editor.toBytes())).toEqual(source);
  });
});

const samples = ['cases/03-legal-descriptors', 'cases/02-encodings'].flatMap((folder) => {
  const path = sharedPath(folder);
  if (path === null) return [];
  const names = readdirSync(path).filter((name) => name.endsWith('.vmdk'));
  return names.map((name) => [name, join(path, name)] as const);
});
if (samples.length === 0)
  leftOut('editing descriptors of other programs', 'the shared samples are not beside the clone');

describe.runIf(samples.length > 0)('descriptors of other programs', () => {
  it.each(samples.length > 0 ? samples : [['none', ''] as const])(
    '%s: encrypted and decrypted again it is what it was',
    (_name, path) => {
      const bytes = readFileSync(path);
      const before = parseDescriptor(decodeText(bytes, path), path);
      const edited = encrypt(bytes);
      const after = parseDescriptor(decodeText(edited, path), path);
      const added = ['keyid', 'encryptionkeys'];
      expect([...after.header].filter(([key]) => !added.includes(key))).toEqual([...before.header]);
      expect(after.header.get('encryptionkeys')).toBe(BUNDLE);
      expect(after.extents.map(({ line, ...rest }) => rest)).toEqual(before.extents.map(({ line, ...rest }) => rest));
      expect(after.ddb.get('iofilters')).toBe('vmwarevmcrypt');
      const back = Buffer.from(decrypt(edited));
      const ended = back.length > bytes.length ? back.subarray(0, -1) : back;
      expect(ended).toEqual(bytes);
    },
  );
});

describe.runIf(hasQemu)('qemu-img', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-editor-'));
    writeFileSync(at('a-flat.vmdk'), pattern(128 * 512));
    writeFileSync(at('b-flat.vmdk'), pattern(128 * 512).reverse());
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['ours', plain],
    ['in CRLF', plain.replaceAll('\n', '\r\n')],
    ['with strangers', plain.replace('createType', '# anything\nx.y = "z"\ncreateType')],
    ['with createType first', plain.replace('createType="vmfs"\n', '').replace('CID=', 'createType="vmfs"\nCID=')],
    ['written by itself', null],
  ])('opens an edited descriptor, %s, with the content of the extent that it was given', (_name, source) => {
    const path = at('a.vmdk');
    writeFileSync(path, source ?? plain);
    if (source === null) {
      execFileSync('qemu-io', ['-f', 'vmdk', '-c', 'write -P 0x41 0 512', path]);
      writeFileSync(at('a-flat.vmdk'), pattern(128 * 512));
      expect(readFileSync(path).length % 512).toBe(0);
    }
    const editor = editDescriptor(encrypt(readFileSync(path)), path);
    editor.renameExtent('b-flat.vmdk');
    editor.setHeader('CID', '00c1dc1d');
    writeFileSync(path, editor.toBytes());
    const info = JSON.parse(execFileSync('qemu-img', ['info', '--output=json', path], { encoding: 'utf8' }));
    expect(info).toMatchObject({ format: 'vmdk', 'virtual-size': 128 * 512 });
    expect(info['format-specific'].data).toMatchObject({ 'create-type': 'vmfs', cid: 0x00c1dc1d });
    execFileSync('qemu-img', ['compare', '-f', 'vmdk', '-F', 'raw', path, at('b-flat.vmdk')]);
    writeFileSync(path, decrypt(readFileSync(path)));
    execFileSync('qemu-img', ['compare', '-f', 'vmdk', '-F', 'raw', path, at('b-flat.vmdk')]);
    expect(readFileSync(path).includes('vmcrypt')).toBe(false);
  });
});
