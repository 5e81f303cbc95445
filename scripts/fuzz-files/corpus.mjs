// Files to bend: a VMX or a descriptor as hosts, Workstation, qemu-img and people leave them, in several encodings.
const { composeDescriptor, formatBundle } = await dist('formats.js');
const { encodeText } = await dist('formats/text-encoding.js');

export function dist(path) {
  return import(new URL(`../../packages/hypervisor/dist/${path}`, import.meta.url).href);
}

const KEY = { keyId: '3fa85f64-5717-4562-b3fc-2c963f66afa6', providerId: 'corp-kms' };
const BUNDLE = formatBundle([{ keyId: KEY, locked: Uint8Array.from({ length: 288 }, (_, at) => at & 0xff) }]);
const MARKS = '" = | % / ( ) , # \n \r\n \r \0 \u001a \ufeff <VMWARE-NULL> __proto__ constructor RW ddb. CID .encoding'
  .split(' ')
  .map((mark) => Buffer.from(mark));

const text = (lines, end = '\n') => lines.map((line) => line + end).join('');
const encoded = (readAs, lines, end) => Buffer.from(encodeText(text(lines, end), { readAs }));

const vmxLines = (words) => [
  'config.version = "8"',
  `displayName = "${words} |22a|22"`,
  '# by hand',
  '',
  'memSize = 1024 # unquoted',
  'scsi0:0.present = "TRUE"',
  'scsi0:0.fileName = "web.vmdk"',
  `\tguestinfo.note\t=\t"${words}"\t# ${words}`,
  'empty =',
  `encryption.bundle = "${BUNDLE}"`,
];

/** Whole files of a VMX. */
export const VMX_FILES = [
  encoded('utf-8', ['.encoding = "UTF-8"', ...vmxLines('数据')]),
  encoded('utf-8', vmxLines('plain'), '\r\n'),
  encoded('utf-8', vmxLines('plain'), '\r'),
  encoded('gbk', ['.encoding = "GBK"', ...vmxLines('数据库')]),
  encoded('shift_jis', ['.encoding = "Shift_JIS"', ...vmxLines('ソフト表能')], '\r\n'),
  encoded('windows-1252', vmxLines('Größe')),
  Buffer.concat([Buffer.of(0xff, 0xfe), encoded('utf-16le', vmxLines('é数'))]),
  encoded('utf-16be', vmxLines('é数')),
  Buffer.concat([encoded('utf-8', vmxLines('x'), '\r\n'), Buffer.of(0x1a)]),
];

const spec = {
  createType: 'vmfs',
  contentId: 0x1b2c3d4e,
  uuid: '6000c29e-0011-2233-4455-66778899aabb',
  capacity: 128,
  extentFileName: 'web-flat.vmdk',
};
const encryption = { contentKeyId: '5f0c91a2', bundle: BUNDLE, dataUnitSizeBytes: 512 };
const plain = composeDescriptor(spec);
const head = (type) => [
  'version=1',
  'encoding="windows-1252"',
  'CID=fffffffe',
  'parentCID=ffffffff',
  `createType="${type}"`,
];
const padded = Buffer.alloc(1024);
padded.write(plain);
padded.write('cafe"\n', plain.length + 1);

/** Whole files of a descriptor. */
export const DESCRIPTOR_FILES = [
  Buffer.from(plain),
  Buffer.from(composeDescriptor({ ...spec, encryption })),
  Buffer.from(composeDescriptor({ ...spec, encryption }).replaceAll('\n', '\r\n')),
  Buffer.from(`${plain}ddb.iofilters = "spm, vmwarelwd"\nddb.toolsVersion=2147483647 # open\n`),
  Buffer.from(`\ufeff${plain}`),
  padded,
  encoded('windows-1252', [...head('monolithicFlat'), '  rw  8  flat "Größe.vmdk"  0 ', '# é', 'ddb.x = "ü"'], '\r\n'),
  encoded('utf-8', [...head('twoGbMaxExtentFlat'), 'RW 8 FLAT "a-f001.vmdk" 0', 'RW 8 FLAT "a-f002.vmdk" 0', '#DDB']),
  encoded('utf-8', [
    'version=3',
    'CID = 1',
    'PARENTCID=2 # of the base',
    'CreateType = vmfsSparse',
    'RW 8 VMFSSPARSE "a"',
  ]),
];

/** The same, longer: `count` lines more that nobody knows, each with a key of its own. */
export function lengthened(bytes, count) {
  const wide = bytes[1] === 0 || bytes[0] === 0 || bytes[1] === 0xfe;
  if (wide) return bytes;
  return Buffer.concat([bytes, Buffer.from(text(Array.from({ length: count }, (_, at) => `more.x${at} = "${at}"`)))]);
}

/** Cuts, doubles, swaps, flips, pieces and whole lines. */
export function bend(bytes, chance) {
  let bent = Buffer.from(bytes);
  for (let times = chance.below(4); times > 0; times--) bent = chance.pick(BENDS)(bent, chance);
  return bent;
}

const around = (bent, at, length, piece) => Buffer.concat([bent.subarray(0, at), piece, bent.subarray(at + length)]);
const cutLines = (bent) => bent.toString('latin1').match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];
const ofLines = (lines) => Buffer.from(lines.join(''), 'latin1');

const BENDS = [
  (bent, chance) => around(bent, chance.below(bent.length + 1), chance.below(6), Buffer.alloc(0)),
  (bent, chance) => around(bent, chance.below(bent.length + 1), 0, chance.pick(MARKS)),
  (bent, chance) => around(bent, chance.below(bent.length + 1), 1, Buffer.from(chance.bytes(1))),
  (bent, chance) => {
    const at = chance.below(bent.length + 1);
    return around(bent, at, 0, bent.subarray(at, at + chance.below(40)));
  },
  (bent, chance) => bent.subarray(0, chance.below(bent.length + 1)),
  (bent, chance) => ofLines(cutLines(bent).filter(() => chance.below(12) !== 0)),
  (bent, chance) => {
    const lines = cutLines(bent);
    const [one, two] = [chance.below(lines.length + 1), chance.below(lines.length + 1)];
    [lines[one], lines[two]] = [lines[two] ?? '', lines[one] ?? ''];
    return ofLines(lines);
  },
  (bent, chance) => ofLines(cutLines(bent).flatMap((line) => (chance.below(8) === 0 ? [line, '# c\r'] : [line]))),
  (bent, chance) => ofLines(cutLines(bent).map((line) => (chance.below(6) === 0 ? line.toUpperCase() : line))),
  (bent) => Buffer.concat([bent, Buffer.alloc(512 - (bent.length % 512))]),
];
