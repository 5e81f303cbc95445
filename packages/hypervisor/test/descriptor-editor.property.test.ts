import {
  decodeTextFile,
  editDescriptor,
  isFileName,
  parseDescriptor,
  readDescriptor,
  Vmx,
} from '@vcryptsim/hypervisor/formats';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';

/** Lines that somebody may have in a file, unknown to us; each a legal one. */
const stranger = fc.oneof(
  fc.constantFrom('', '# a comment', '  \t', '#', '# CID of old: 4711', '# "quotes" = here'),
  fc.stringMatching(/^x[a-z.]{1,8}$/).map((key) => `${key}=plain words # why`),
  fc.stringMatching(/^X[a-z.]{1,8}$/).map((key) => `\t${key} = "a, b # c"  # é`),
  fc.stringMatching(/^z[a-z.]{1,8}$/).map((key) => `${key} =`),
);
/** `"` for header entries with quotes, as somebody spelt them. */
const header = fc.constantFrom(
  ['version=1', 'encoding="windows-1252"', 'CID=1b2c3d4e', 'parentCID=ffffffff', 'createType="vmfs"'],
  ['Version = 1', 'Encoding = windows-1252', 'cid = 1B2C3D4E # late', 'ParentCid=ffffffff', 'CREATETYPE = vmfs'],
  ['version=1', 'encoding="windows-1252"', 'createType="vmfs"', 'parentCID=ffffffff', 'CID=1b2c3d4e'],
);
const extent = fc.constantFrom(
  'RW 8 VMFS "a-flat.vmdk"',
  '  rw   8  flat   "a flat.vmdk"   0  ',
  'RW 8 FLAT "é.vmdk" 0',
);
const ddb = fc.subarray([
  'ddb.adapterType = "lsilogic"',
  'ddb.iofilters = "spm, vmwarelwd"',
  'ddb.vmcrypt.cipher=XTS-AES-128',
  'ddb.uuid = "60 00 c2 9e 00 11 22 33-44 55 66 77 88 99 aa bb"',
]);
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');

/** A descriptor as anybody may have left it: strangers between the lines, mixed line ends, any legal spelling. */
const descriptorText = fc
  .tuple(header, extent, ddb, fc.array(stranger, { minLength: 12, maxLength: 12 }), fc.array(lineEnd, { minLength: 1 }))
  .map(([head, one, tail, strangers, ends]) => {
    const seen = new Set<string>();
    const between = strangers.map((line) => {
      const key = line.split('=')[0]?.trim().toLowerCase() ?? '';
      if (key !== '' && !key.startsWith('#') && seen.has(key)) return '# once more';
      seen.add(key);
      return line;
    });
    // After a line that ends with CR alone, a blank one that ends with LF becomes CRLF when what stood between goes.
    const blank = ends.includes('\r') ? '#' : '';
    const lines = [...head, one, '#DDB', ...tail].flatMap((line, index) => [line, between[index] || blank]);
    return lines.map((line, index) => line + (ends[index % ends.length] ?? '\n')).join('');
  });
/** The same in bytes, perhaps without its last line end, or with what DOS and qemu-img put behind a text. */
const descriptorBytes = fc.tuple(descriptorText, fc.constantFrom('', 'cut', '\u001a', 'padding')).map(([text, end]) => {
  const whole = end === 'cut' ? text.replace(/[\r\n]+$/, '') : text + (end === '\u001a' ? end : '');
  const bytes = iconv.encode(whole, 'windows-1252');
  if (end !== 'padding' || !text.endsWith('\n')) return bytes;
  return Buffer.concat([bytes, Buffer.alloc(512 - (bytes.length % 512))]);
});

type Edit = readonly [what: string, key: string, value: string];
const value = fc.stringMatching(/^[A-Za-z0-9 #=,.:/()%+-]{0,40}$/).map((text) => text.trim());
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.constant('setHeader'), fc.constantFrom('keyID', 'KEYID', 'encryptionKeys', 'CID', 'cid'), value),
  fc.tuple(fc.constant('removeHeader'), fc.constantFrom('keyID', 'encryptionkeys'), fc.constant('')),
  fc.tuple(fc.constant('setDdb'), fc.constantFrom('vmcrypt.cipher', 'vmcrypt.dataUnitSize', 'iofilters'), value),
  fc.tuple(fc.constant('removeDdb'), fc.constantFrom('vmcrypt.cipher', 'adapterType', 'none'), fc.constant('')),
  fc.tuple(fc.constant('addFilter'), fc.constantFrom('vmwarevmcrypt', 'spm'), fc.constant('')),
  fc.tuple(fc.constant('removeFilter'), fc.constantFrom('vmwarevmcrypt', 'vmwarelwd'), fc.constant('')),
  fc.tuple(fc.constant('renameExtent'), fc.constantFrom('a_1-flat.vmdk', 'ä ö.vmdk'), fc.constant('')),
);

function apply(editor: ReturnType<typeof editDescriptor>, [what, key, text]: Edit): void {
  const hex = /^c?ID$|^keyid$/i.test(key) ? '0badcafe' : text;
  if (what === 'setHeader') editor.setHeader(key, hex);
  else if (what === 'removeHeader') editor.removeHeader(key);
  else if (what === 'setDdb') editor.setDdb(key, text);
  else if (what === 'removeDdb') editor.removeDdb(key);
  else if (what === 'addFilter') editor.addFilter(key);
  else if (what === 'removeFilter') editor.removeFilter(key);
  else editor.renameExtent(key);
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
/** What every line is, with its end; the last one may lack it. */
const linesOf = (bytes: Uint8Array): string[] => latin1(bytes).match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];
const bare = (line: string): string => line.replace(/[\r\n]+$/, '');
/** The lines that an edit may touch: those of the entries that it names. */
const isEditable = (line: string): boolean =>
  /^\s*(keyid|encryptionkeys|cid|ddb\.(vmcrypt|iofilters|adapterType)[.\w]*)\s*=/i.test(line) || /^\s*rw\s/i.test(line);

describe('a descriptor that is edited', () => {
  it('gives the edited values when it is read again, and keeps every other line with its end, in its order', () => {
    fc.assert(
      fc.property(descriptorBytes, fc.array(edit, { minLength: 1, maxLength: 8 }), (bytes, edits) => {
        const before = parseDescriptor(decodeTextFile(bytes, 'f').text, 'f');
        const editor = editDescriptor(bytes, 'f');
        for (const one of edits) apply(editor, one);
        const written = editor.toBytes();
        const after = readDescriptor(decodeTextFile(written, 'f').text, 'f');
        for (const key of ['keyid', 'encryptionkeys', 'cid', 'version', 'createtype']) {
          expect(after.header.get(key), key).toBe(editor.header(key));
        }
        for (const key of ['vmcrypt.cipher', 'vmcrypt.dataUnitSize', 'iofilters', 'adapterType', 'uuid']) {
          expect(after.ddb.get(key), key).toBe(editor.ddb(key));
        }
        const renamed = edits.filter(([what]) => what === 'renameExtent').at(-1)?.[1];
        const { line: _was, ...extentBefore } = before.extents[0] ?? { line: 0 };
        const { line: _is, ...extentAfter } = after.extents[0] ?? { line: 0 };
        expect(extentAfter).toEqual(renamed === undefined ? extentBefore : { ...extentBefore, fileName: renamed });
        // Padding goes with the first edit; the last line gets an end when another one comes after it.
        const content = Buffer.from(decodeTextFile(bytes, 'f').bytes);
        const kept = linesOf(content).filter((line) => !isEditable(line));
        const seen = linesOf(decodeTextFile(written, 'f').bytes).filter((line) => !isEditable(line));
        expect(seen.map(bare)).toEqual(kept.map(bare));
        expect(seen.slice(0, -1)).toEqual(kept.slice(0, -1));
      }),
      { numRuns: 600 },
    );
  });

  it('is what it was, byte for byte, when what was added is taken out again', () => {
    fc.assert(
      fc.property(descriptorBytes, value, (bytes, text) => {
        const editor = editDescriptor(bytes, 'f');
        expect(Buffer.from(editor.toBytes())).toEqual(Buffer.from(bytes));
        const cipher = editor.ddb('vmcrypt.cipher');
        editor.setHeader('keyID', '0badcafe');
        editor.setHeader('encryptionKeys', text);
        editor.addFilter('vmwarevmcrypt');
        if (cipher === undefined) editor.setDdb('vmcrypt.cipher', 'XTS-AES-256');
        editor.setDdb('vmcrypt.dataUnitSize', '512');
        const encrypted = editor.toBytes();
        const again = editDescriptor(encrypted, 'f');
        expect(Buffer.from(again.toBytes())).toEqual(Buffer.from(encrypted));
        for (const one of [editor, again]) {
          one.removeHeader('encryptionKeys');
          one.removeHeader('keyID');
          one.removeFilter('vmwarevmcrypt');
          if (cipher === undefined) one.removeDdb('vmcrypt.cipher');
          one.removeDdb('vmcrypt.dataUnitSize');
        }
        const content = Buffer.from(decodeTextFile(bytes, 'f').bytes);
        const hadFilters = /^ddb\.iofilters/m.test(latin1(content));
        // A list that another filter was in is a changed line, so the padding behind the text stays away.
        expect(Buffer.from(editor.toBytes())).toEqual(hadFilters ? content : Buffer.from(bytes));
        const lines = linesOf(again.toBytes());
        expect(lines.map(bare)).toEqual(linesOf(content).map(bare));
      }),
      { numRuns: 400 },
    );
  });
});

/** A VMX of strangers, in any of these encodings, with values that the encoding has. */
const vmxBytes = fc
  .tuple(
    fc.constantFrom(
      ['GBK', '数据库'],
      ['Shift_JIS', 'ソフト表'],
      ['windows-1252', 'Größe'],
      ['UTF-8', 'é数'],
      ['utf-16le', 'é数'],
    ),
    fc.array(fc.tuple(stranger, lineEnd), { minLength: 1, maxLength: 12 }),
  )
  .map(([[name, words], lines]) => {
    const seen = new Set<string>();
    const text = lines.map(([line, end]) => {
      const key = line.split('=')[0]?.trim().toLowerCase() ?? '';
      const isTwice = key !== '' && !key.startsWith('#') && seen.has(key);
      seen.add(key);
      return (isTwice ? `# ${words}` : line.replace('é', words ?? '')) + end;
    });
    const said = name === 'utf-16le' ? '\ufeff' : `.encoding = "${name}"\n`;
    return iconv.encode(said + text.join(''), name ?? 'utf-8', { addBOM: false });
  });

describe('a VMX that is edited', () => {
  it('keeps every byte of every other line when one is set, and all bytes when it is taken out again', () => {
    fc.assert(
      fc.property(vmxBytes, fc.string({ unit: 'binary-ascii' }), (bytes, text) => {
        const vmx = Vmx.read(bytes, 'f');
        const known = vmx.entries();
        vmx.set('encryption.bundle', text);
        const written = vmx.toBytes();
        expect(Buffer.from(written.subarray(0, bytes.length)), 'a line at the end').toEqual(bytes);
        const again = Vmx.read(written, 'f');
        expect(again.entries()).toEqual([...known, ['encryption.bundle', text]]);
        for (const one of [vmx, again]) {
          one.remove('ENCRYPTION.BUNDLE');
          expect(Buffer.from(one.toBytes())).toEqual(bytes);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('keeps key, blanks and comment of a line whose value is set, in every encoding', () => {
    fc.assert(
      fc.property(vmxBytes, fc.nat(), fc.string({ unit: 'binary-ascii' }), (bytes, which, text) => {
        const entries = Vmx.read(bytes, 'f').entries();
        const [key, old] = entries[which % Math.max(1, entries.length)] ?? ['', ''];
        if (key === '' || key === '.encoding') return;
        const vmx = Vmx.read(bytes, 'f');
        vmx.set(key, text);
        const again = Vmx.read(vmx.toBytes(), 'f');
        expect(again.entries()).toEqual(entries.map(([name, one]) => [name, name === key ? text : one]));
        again.set(key, old);
        const back = Vmx.read(again.toBytes(), 'f');
        expect(back.entries()).toEqual(entries);
        const wide = vmx.encoding.readAs === 'utf-16le';
        const narrow = (one: Uint8Array): Uint8Array => (wide ? Buffer.from(decodeTextFile(one, 'f').text) : one);
        const others = (one: Uint8Array): string[] =>
          linesOf(narrow(one)).filter((_, index) => index + 1 !== vmx.lineOf(key));
        expect(others(again.toBytes())).toEqual(others(bytes));
      }),
      { numRuns: 400 },
    );
  });
});

it('the names that a rename may give are those of a VM’s own folder', () => {
  const editor = editDescriptor(Buffer.from('version=1\nCID=1\nparentCID=f\ncreateType="vmfs"\nRW 1 VMFS "a"\n'), 'f');
  expect(isFileName('../a.vmdk')).toBe(false);
  expect(() => editor.renameExtent('../a.vmdk')).toThrow(/same folder/);
  expect(() => editor.setHeader('encryptionKeys', 'a"\nCID=2')).toThrow(/not a header entry/);
  expect(() => editor.removeHeader('cid')).toThrow(/makes it a descriptor/);
});
