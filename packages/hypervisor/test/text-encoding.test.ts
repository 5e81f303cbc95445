import { decodeText, Vmx } from '@vcryptsim/hypervisor/formats';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';

const text = (name: string, value: string): string =>
  `.encoding = "${name}"\r\nconfig.version = "8"\ndisplayName = "${value}"\r\nnote = plain # c\n\n# ${value}\nlast = "x"`;

describe('a file in the encoding that it names', () => {
  it.each([
    ['windows-1252', 'Größe |0A €'],
    ['windows-1250', 'Žluťoučký'],
    ['windows-1251', 'Сервер'],
    ['windows-1253', 'Διακομιστής'],
    ['windows-1254', 'İşlem'],
    ['GBK', '数据库服务器'],
    ['windows-936', '数据库'],
    ['GB18030', '数据库𠮷'],
    // The second byte of some of these is a backslash or a bar.
    ['Shift_JIS', 'ソフト表示能力'],
    ['windows-932', 'ソフト'],
    ['Big5', '功能許蓋'],
    ['EUC-KR', '서버'],
    ['windows-949', '서버'],
    ['EUC-JP', 'サーバ'],
    ['ISO-8859-1', 'Köln'],
    ['ISO-8859-15', 'Œuvre €'],
    ['iso8859-2', 'Łódź'],
    ['KOI8-R', 'Сервер'],
    ['macintosh', 'Köln'],
    ['UTF-8', 'サーバ'],
    ['US-ASCII', 'plain'],
    ['x-unknown-encoding', 'plain'],
  ])('%s is read, and written back byte by byte', (name, value) => {
    const known = [name, name.replace('windows-', 'cp')].find((candidate) => iconv.encodingExists(candidate));
    const source = iconv.encode(text(name, value), known ?? 'latin1');
    const vmx = Vmx.read(source, 'f');
    expect(vmx.get('displayName')).toBe(value.replace('|0A', '\n'));
    expect(vmx.get('note')).toBe('plain');
    expect(vmx.encoding.declared).toBe(name);
    expect(Buffer.from(vmx.toBytes()).equals(source)).toBe(true);
    vmx.set('config.version', '9');
    vmx.set('new', 'y');
    const before = source.toString('latin1');
    expect(Buffer.from(vmx.toBytes()).toString('latin1')).toBe(
      `${before.replace('config.version = "8"', 'config.version = "9"')}\r\nnew = "y"\r\n`,
    );
    if (name !== 'x-unknown-encoding') {
      vmx.set('displayName', value);
      expect(Vmx.read(vmx.toBytes(), 'f').get('displayName')).toBe(value);
    }
  });

  it('ISO-2022-JP is refused by name, since its ASCII is not what it says', () => {
    const source = Buffer.from('.encoding = "ISO-2022-JP"\na = "\x1b$B7PM}\x1b(B"\n');
    expect(() => Vmx.read(source, 'f')).toThrow(/encoding is ISO-2022-JP, which is not known here/);
  });

  it('keeps bytes that the encoding does not have', () => {
    const source = Buffer.concat([
      Buffer.from('.encoding = "GBK"\na = "'),
      Buffer.of(0x81, 0x20, 0xff),
      Buffer.from('"\n'),
    ]);
    const vmx = Vmx.read(source, 'f');
    vmx.set('b', '1');
    expect(Buffer.from(vmx.toBytes())).toEqual(Buffer.concat([source, Buffer.from('b = "1"\n')]));
    const unended = Vmx.read(source.subarray(0, -1), 'f');
    unended.set('b', '1');
    expect(Buffer.from(unended.toBytes())).toEqual(Buffer.concat([source, Buffer.from('b = "1"\n')]));
  });

  it('refuses to write a character that the encoding lacks, and changes nothing', () => {
    const source = Buffer.from('.encoding = "windows-1252"\na = "1"\n');
    const vmx = Vmx.read(source, 'f');
    expect(() => vmx.set('a', '数')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(Buffer.from(vmx.toBytes())).toEqual(source);
  });

  it.each([
    ['UTF-8 with a mark', Buffer.from('\ufeffa = "ä"\n')],
    ['UTF-16, little end first', Buffer.from('\ufeffa = "ä"\n', 'utf16le')],
    ['UTF-16, big end first', Buffer.from('\ufeffa = "ä"\n', 'utf16le').swap16()],
    ['UTF-16 without a mark', Buffer.from('a = "ä"\n', 'utf16le')],
    ['UTF-16 without a mark, big end first', Buffer.from('a = "ä"\n', 'utf16le').swap16()],
  ])('%s', (_name, source) => {
    const vmx = Vmx.read(source, 'f');
    expect(vmx.get('a')).toBe('ä');
    expect(Buffer.from(vmx.toBytes())).toEqual(source);
    vmx.set('a', 'ö');
    expect(Vmx.read(vmx.toBytes(), 'f').get('a')).toBe('ö');
  });

  it('UTF-16 without a mark gets one, where the first characters do not tell it any more', () => {
    const source = Buffer.from('a = "1"\n#数\n数 = "2"\nb = "3"\n', 'utf16le');
    const vmx = Vmx.read(source, 'f');
    vmx.set('b', '4');
    expect(Buffer.from(vmx.toBytes())).toEqual(Buffer.from('a = "1"\n#数\n数 = "2"\nb = "4"\n', 'utf16le'));
    vmx.remove('a');
    const written = Buffer.from(vmx.toBytes());
    expect(written).toEqual(Buffer.from('\ufeff#数\n数 = "2"\nb = "4"\n', 'utf16le'));
    expect(Vmx.read(written, 'f').entries()).toEqual([
      ['数', '2'],
      ['b', '4'],
    ]);
  });

  it('UTF-16 that ends with half a character is refused: a line added to it would be noise', () => {
    const source = Buffer.from('\ufeffa = "1"\n', 'utf16le').subarray(0, -1);
    expect(() => Vmx.read(source, 'f')).toThrow(/ends with half of one/);
  });

  it('a file of ASCII in an encoding that is not known takes ASCII alone', () => {
    const source = Buffer.from('.encoding = "x-none"\na = "1"\n');
    const vmx = Vmx.read(source, 'f');
    expect(() => vmx.set('a', 'ö')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    vmx.set('a', 'o');
    expect(Vmx.read(vmx.toBytes(), 'f').get('a')).toBe('o');
  });

  it('guesses where a file names none and is not UTF-8, and says that it guessed', () => {
    const vmx = Vmx.read(Buffer.from('a = "Köln"\n', 'latin1'), 'f');
    expect(vmx.get('a')).toBe('Köln');
    expect(vmx.encoding).toMatchObject({ declared: null, readAs: 'windows-1252', guessed: true });
  });

  it('says of an unknown encoding that it is not known, and blames nobody', () => {
    const source = Buffer.concat([Buffer.from('.encoding = "x-none"\na = "'), Buffer.of(0xe4), Buffer.from('"\n')]);
    expect(() => decodeText(source, 'f')).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
    expect(() => decodeText(source, 'f')).not.toThrow(/Correct the file|saved copy/);
  });
});

describe('a healthy VMX', () => {
  it.each([
    ['a line of the other line end', 'a = "1"\r\nb = "2"\nc = "3"\r\n', 'c', '3'],
    ['only CRs', 'a = "1"\rb = "2"\r', 'b', '2'],
    ['no last line end', 'a = "1"\nb = "2"', 'b', '2'],
    ['an unquoted value', 'a = TRUE\n', 'a', 'TRUE'],
    ['an unquoted value of words, and a comment', 'a = two words  # why\n', 'a', 'two words'],
    ['nothing after the equals sign', 'a =\n', 'a', ''],
    ['a comment after a value', 'a = "x#y" # why\n', 'a', 'x#y'],
    ['no blanks', 'a="1"\n', 'a', '1'],
    ['tabs', '\ta\t=\t"1"\t\n', 'a', '1'],
    ['a key in capitals', 'SCSI0:0.FILENAME = "x"\n', 'scsi0:0.fileName', 'x'],
    ['a key with other marks', 'guestinfo.a/b[0]{c}@d = "1"\n', 'guestinfo.a/b[0]{c}@d', '1'],
    ['the end mark of DOS', 'a = "1"\r\n\u001a', 'a', '1'],
    ['a value of 64 KiB', `a = "${'A'.repeat(65_536)}"\n`, 'a', 'A'.repeat(65_536)],
    ['a value of 2 MiB', `a = "${'A'.repeat(2 ** 21)}"\n`, 'a', 'A'.repeat(2 ** 21)],
  ])('with %s is read and kept', (_name, source, key, value) => {
    const vmx = Vmx.read(Buffer.from(source), 'f');
    expect(vmx.get(key)).toBe(value);
    expect(Buffer.from(vmx.toBytes()).toString()).toBe(source);
  });

  it('keeps everything but the line that is taken out', () => {
    const vmx = Vmx.parse('a = "1"\r\n# c\nb = "2"\n', 'f');
    vmx.remove('A');
    vmx.remove('none');
    expect(vmx.get('a')).toBeUndefined();
    expect(vmx.toText()).toBe('# c\nb = "2"\n');
  });
});
