// Names, values and paths that would act on a terminal, through every verb of the command line.
//   node scripts/harden/hostile-values.mjs [--n 100] [--seed 1]
// One input is one run of the program. Rules: nothing it prints acts on a terminal or is unseen, no line begins with what a
// value brought, JSON reads as JSON, a JUnit report is XML 1.0, no mistake of ours, no stack trace.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { runAlone } from './support/alone.mjs';
import { chanceOf } from './support/chance.mjs';

const dist = (path) => import(new URL(`../../packages/${path}`, import.meta.url).href);
const kmip = await dist('kmip-lite/dist/index.js');
const { operationCodec } = await dist('kmip-lite/dist/operations/operation-codecs.js');
const { requestTree } = await dist('kmip-lite/dist/message/request-message.js');
const BIN = fileURLToPath(new URL('../../packages/cli/bin/vcryptsim.js', import.meta.url));

export const name = 'hostile-values';
export const share = 0.0005;

const FORGED = 'FORGED line';
const PIECES = [
  ...[
    '\x1b[31m',
    '\x1b]0;title\x07',
    '\x1b[2J',
    '\x9b31m',
    '\x85',
    '\b\b\b',
    '\r',
    '\x7f',
    '\x0b\x0c',
    '\x1b]8;;http://x\x1b\\',
  ],
  ...['\u202e', '\u2066', '\u200b', '\u200d', '\ufeff', '\u00ad', '\u2028', '\u3164', '\u{e0041}', '\ufffe', '\uffff'],
  ...[
    `\n${FORGED}`,
    `\r\n${FORGED}`,
    '\t',
    '"',
    "'",
    '\\',
    '</failure>',
    ']]>',
    '&',
    '%s',
    '$(x)',
    '{',
    'ä',
    '鍵',
    '😀',
  ],
];
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const PROGRAM_LIMIT_MS = 60_000;

export async function run({ inputs, seed, say = () => {} }) {
  const chance = chanceOf(seed);
  const root = mkdtempSync(join(tmpdir(), 'vcryptsim-hostile-'));
  const findings = [];
  let unhandled = 0;
  const lab = await openLab(root, hostile(chance));
  try {
    for (let at = 0; at < inputs; at++) {
      const [what, make] = WALK[at % WALK.length];
      const folder = join(root, String(at));
      mkdirSync(folder);
      const value = hostile(chance);
      const o = make({ value, at: (file) => join(folder, file), lab, name: value.replaceAll(/[/\0]/g, '') });
      const { code, out, err } = await vcryptsim(folder, o.words);
      const wrong = judge({ ...o, code, out, err });
      if (wrong.some((each) => each.startsWith('mistake'))) unhandled++;
      findings.push(...wrong.map((each) => `${what}: ${each}: ${JSON.stringify(value)}`));
      rmSync(folder, { recursive: true });
      if (at % 50 === 49) say(`hostile-values: ${at + 1} of ${inputs}`);
    }
  } finally {
    await lab.close();
    rmSync(root, { recursive: true, force: true });
  }
  return { inputs, unhandled, cut: 0, findings };
}

function hostile(chance) {
  const count = 1 + chance.below(4);
  return Array.from({ length: count }, () => `v${PIECES[chance.below(PIECES.length)]}w`).join('');
}

const yaml = (value) =>
  JSON.stringify(value).replaceAll(/[^\x20-\x7e]/gu, (c) =>
    c.codePointAt(0) > 0xffff
      ? `\\U${c.codePointAt(0).toString(16).padStart(8, '0')}`
      : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
const scenario = (value) => `name: ${yaml(value)}
about: ${yaml(value)}
lab: { vms: { a: { host: esx-1, disk: 64KiB } } }
steps:
  - act: { title: ${yaml(value)}, text: ${yaml(value)} }
  - say: ${yaml(value)}
  - vm.create: a
  - vm.power-on: a
  - vm.write: { vm: a, lba: 0, text: ${yaml(value)} }
  - vm.read: { vm: a, lba: 0 }
    expect: { text: ${yaml(`${value}?`)} }
`;

const descriptor = (value) => `# Disk DescriptorFile
version=1
CID=1b2c3d4e
parentCID=ffffffff
createType="vmfs"
${value.replaceAll('\n', ' ')}="x"
RW 128 VMFS "a-flat.vmdk"
ddb.adapterType = "${value.replaceAll('\n', ' ').replaceAll('"', '')}"
`;

/** What is run, and what is judged beside its output. */
const WALK = [
  [
    'run',
    ({ value, at }) => {
      writeFileSync(at('s.yaml'), scenario(value));
      return {
        words: ['run', at('s.yaml'), '--wire', 'memory', '--report', `junit=${at('r.xml')},json=${at('r.json')}`],
        xml: at('r.xml'),
        jsonFile: at('r.json'),
      };
    },
  ],
  [
    'run --json',
    ({ value, at }) => {
      writeFileSync(at('s.yaml'), scenario(value));
      return { words: ['run', at('s.yaml'), '--wire', 'memory', '--json'], json: true };
    },
  ],
  [
    'run --quiet --keep',
    ({ value, name, at }) => {
      writeFileSync(at('s.yaml'), scenario(value));
      return { words: ['run', at('s.yaml'), '--wire', 'memory', '--quiet', '--keep', at(`k${name}`)] };
    },
  ],
  ['run a file that is not there', ({ value }) => ({ words: ['run', value] })],
  [
    'run --report',
    ({ value, at }) => {
      writeFileSync(at('s.yaml'), scenario('plain'));
      return { words: ['run', at('s.yaml'), '--report', `json=${at('no/')}${value.replaceAll(/[\0,=]/g, '')}`] };
    },
  ],
  [
    'scenario lint',
    ({ value, name, at }) => {
      writeFileSync(
        at(`${name}.yaml`),
        `name: x\nabout: y\n${yaml(value)}: 1\nlab: { vms: { ${yaml(value)}: { host: ${yaml(value)}, disk: 64KiB } } }\nsteps: [{ ${yaml(value)}: 1 }, { vm.create: ${yaml(value)} }]\n`,
      );
      return { words: ['scenario', 'lint', at(`${name}.yaml`)] };
    },
  ],
  [
    'scenario lint of no YAML',
    ({ value, name, at }) => {
      writeFileSync(at(`${name}.yaml`), `{ ${value}: [`);
      return { words: ['scenario', 'lint', at(`${name}.yaml`)] };
    },
  ],
  [
    'scenario show',
    ({ value, at }) => {
      writeFileSync(at('s.yaml'), scenario(value));
      return { words: ['scenario', 'show', at('s.yaml')] };
    },
  ],
  [
    'scenario list',
    ({ value, name, at }) => {
      writeFileSync(at(`${name}.yaml`), scenario(value));
      return { words: ['scenario', 'list', '--dir', at('.')] };
    },
  ],
  [
    'scenario list --json',
    ({ value, name, at }) => {
      writeFileSync(at(`${name}.yaml`), scenario(value));
      return { words: ['scenario', 'list', '--dir', at('.'), '--json'], json: true };
    },
  ],
  ...['', '--json'].flatMap((json) => [
    [
      `inspect .vmx ${json}`,
      ({ value, name, at }) => {
        writeFileSync(
          at(`${name}.vmx`),
          `displayName = "${value.replaceAll(/["\n]/g, ' ')}"\n${value.replaceAll(/["\n=]/g, '')} = "x"\n`,
        );
        return { words: ['inspect', at(`${name}.vmx`), ...(json ? [json] : [])], maybeJson: json !== '' };
      },
    ],
    [
      `inspect .vmdk ${json}`,
      ({ value, at }) => {
        writeFileSync(at('d.vmdk'), descriptor(value));
        return { words: ['inspect', at('d.vmdk'), ...(json ? [json] : [])], maybeJson: json !== '' };
      },
    ],
    [
      `inspect .nvram ${json}`,
      ({ value, at }) => {
        const bytes = Buffer.from(value);
        const [count, length, end] = [Buffer.from([0, 1]), Buffer.alloc(2), Buffer.from([0, 0, 0, 1, 0x76])];
        length.writeUInt16BE(bytes.length);
        writeFileSync(at('n.nvram'), Buffer.concat([Buffer.from('VCNVRAM1'), count, length, bytes, end]));
        return { words: ['inspect', at('n.nvram'), ...(json ? [json] : [])], maybeJson: json !== '' };
      },
    ],
    [
      `scan ${json}`,
      ({ name, at }) => {
        mkdirSync(at('files'));
        writeFileSync(at(`files/${name}`), 'needleneedle');
        writeFileSync(at(name), 'needle');
        return {
          words: ['scan', at('files'), '--needle', `@${at(name)}`, '--needle-text', 'needle', ...(json ? [json] : [])],
          json: json !== '',
        };
      },
    ],
    [
      `kmip decode ${json}`,
      ({ value, at }) => {
        writeFileSync(at('m.bin'), message(value));
        return { words: ['kmip', 'decode', at('m.bin'), ...(json ? [json] : [])], json: json !== '' };
      },
    ],
    [
      `kms key list ${json}`,
      ({ lab }) => ({ words: ['kms', 'key', 'list', '--dir', lab.dir, ...(json ? [json] : [])], json: json !== '' }),
    ],
    [
      `kms key show ${json}`,
      ({ lab }) => ({
        words: ['kms', 'key', 'show', lab.id, '--dir', lab.dir, ...(json ? [json] : [])],
        json: json !== '',
      }),
    ],
    [
      `kms client list ${json}`,
      ({ lab }) => ({ words: ['kms', 'client', 'list', '--dir', lab.dir, ...(json ? [json] : [])], json: json !== '' }),
    ],
    [
      `kms status ${json}`,
      ({ lab }) => ({ words: ['kms', 'status', '--dir', lab.dir, ...(json ? [json] : [])], json: json !== '' }),
    ],
  ]),
  ['scan of nothing', ({ value }) => ({ words: ['scan', value, '--needle-text', value] })],
  ['inspect of nothing', ({ value }) => ({ words: ['inspect', value] })],
  ['kmip decode of nothing', ({ value }) => ({ words: ['kmip', 'decode', value] })],
  [
    'kmip check',
    ({ value, at }) => ({ words: ['kmip', 'check', value, '--cert', at('x'), '--key', value, '--ca', value] }),
  ],
  ['kms audit tail', ({ lab }) => ({ words: ['kms', 'audit', 'tail', '--dir', lab.dir, '-n', '20'], jsonLines: true })],
  ['kms key show of no object', ({ value, lab }) => ({ words: ['kms', 'key', 'show', `x${value}`, '--dir', lab.dir] })],
  [
    'kms key revoke',
    ({ value, lab }) => ({ words: ['kms', 'key', 'revoke', `x${value}`, '--dir', lab.dir, '--reason', value] }),
  ],
  ['kms client add', ({ value, lab }) => ({ words: ['kms', 'client', 'add', `x${value}`, '--dir', lab.dir] })],
  [
    'kms client add --cert',
    ({ value, lab }) => ({ words: ['kms', 'client', 'add', 'bob', '--cert', value, '--dir', lab.dir] }),
  ],
  [
    'kms backup',
    ({ name, lab, at }) => {
      writeFileSync(at(name), '');
      return { words: ['kms', 'backup', '--dir', lab.dir, '--out', at(name)] };
    },
  ],
  ['kms restore', ({ value, at }) => ({ words: ['kms', 'restore', '--from', value, '--dir', at('new')] })],
  ['kms serve', ({ value }) => ({ words: ['kms', 'serve', '--dir', value, '--listen', value] })],
  ['clean', ({ value }) => ({ words: ['clean', '--older-than', value] })],
  ['an option that is none', ({ value }) => ({ words: ['run', `--${value}`] })],
  ['a verb that is none', ({ value }) => ({ words: [value] })],
];

/** How many runs walk everything once. */
export const walkLength = WALK.length;

function judge({ code, out, err, json, maybeJson, jsonLines, xml, jsonFile }) {
  const wrong = [];
  for (const [stream, text] of [
    ['output', out],
    ['errors', err],
  ]) {
    const found = UNSEEN.exec(text.replaceAll(/[\n\t]/g, ''));
    if (found) wrong.push(`its ${stream} holds U+${found[0].codePointAt(0).toString(16)}`);
    if (text.split('\n').some((line) => line.startsWith(FORGED))) wrong.push(`its ${stream} has a forged line`);
    if (/mistake in vcryptsim|^\s+at \S.*:\d+:\d+\)?$/m.test(text))
      wrong.push(`mistake of ours in its ${stream}: ${text.slice(0, 200)}`);
  }
  if (![0, 1, 2, 3].includes(code)) wrong.push(`mistake: it ended with ${code}`);
  const isJson = (json || maybeJson) && code <= 1;
  if (isJson) wrong.push(...unreadable([out], 'output'));
  if (jsonLines) wrong.push(...unreadable(out.trim().split('\n'), 'output'));
  if (jsonFile && existsSync(jsonFile)) wrong.push(...unreadable([readFileSync(jsonFile, 'utf8')], 'JSON report'));
  if (xml && existsSync(xml)) wrong.push(...notXml(readFileSync(xml, 'utf8')));
  return wrong;
}

function unreadable(texts, what) {
  try {
    for (const text of texts) JSON.parse(text);
    return texts.some((text) => UNSEEN.test(text.replaceAll(/[\n\t]/g, '')))
      ? [`its ${what} holds what is not seen`]
      : [];
  } catch (error) {
    return [`its ${what} is no JSON (${error.message})`];
  }
}

/** Characters of XML 1.0 (section 2.2), and no mark-up but the report's own. */
function notXml(text) {
  const rest = text
    .replace(/^<\?xml [^<>]*\?>/, '')
    .replaceAll(
      /<\/?(?:testsuites|testsuite|properties|property|testcase|failure|skipped|system-out|error)\b(?: [\w-]+="[^"<]*")*\s*\/?>/g,
      '',
    )
    .replaceAll(/&(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-f]+);/gi, '');
  const marks = /[<&]/.test(rest) ? ['its XML has mark-up that is not its own'] : [];
  return UNSEEN.test(text.replaceAll(/[\n\t]/g, '')) || /[\ufffe\uffff]/.test(text)
    ? [...marks, 'its XML holds a character that it may not']
    : marks;
}

async function vcryptsim(cwd, words) {
  const env = { ...process.env, CI: 'true', TMPDIR: cwd, NO_COLOR: '1' };
  const child = spawn(process.execPath, [BIN, ...words.map((word) => word.replaceAll('\0', ''))], { cwd, env });
  child.stdin.end();
  const [out, err] = [[], []];
  child.stdout.on('data', (data) => out.push(data));
  child.stderr.on('data', (data) => err.push(data));
  const limit = setTimeout(() => child.kill('SIGKILL'), PROGRAM_LIMIT_MS);
  const [code] = await once(child, 'close');
  clearTimeout(limit);
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

function message(value) {
  const { attribute } = kmip;
  const template = [
    ...[
      attribute('Cryptographic Algorithm', 'AES'),
      attribute('Cryptographic Length', 256),
      attribute('Cryptographic Usage Mask', 12),
    ],
    ...[
      attribute('Name', { value, type: 'UninterpretedTextString' }),
      attribute('Contact Information', value),
      attribute('Object Group', value),
    ],
    { name: `x-${value.slice(0, 40)}`, value: kmip.text(value) },
  ];
  const payload = operationCodec('Create').request.encode({
    objectType: 'SymmetricKey',
    templateAttribute: { attributes: template },
  });
  const items = [{ operation: kmip.Operation.Create, uniqueBatchItemId: Uint8Array.of(1, 2, 3, 4), payload }];
  return Buffer.from(kmip.encodeTtlv(requestTree({ header: { version: kmip.KMIP_1_1 }, items })));
}

/** A key server with a client that named its key like that, whether the server took it or not. */
async function openLab(root, value) {
  const dir = join(root, 'kms');
  const added = await vcryptsim(root, ['kms', 'client', 'add', 'alice', '--dir', dir]);
  if (added.code !== 0) throw new Error(added.err);
  const server = spawn(process.execPath, [
    BIN,
    'kms',
    'serve',
    '--dir',
    dir,
    '--listen',
    '127.0.0.1:0',
    '--node',
    value.replaceAll('\0', ''),
  ]);
  let out = '';
  for await (const chunk of server.stdout) {
    out += chunk;
    if (out.includes('"ready":true')) break;
  }
  const { port } = JSON.parse(out.trim().split('\n').at(-1));
  const ids = [];
  for (const each of [value, 'plain']) ids.push(await create(port, `${dir}/clients/alice`, message(each)));
  return {
    dir,
    id: ids.find((id) => id !== null) ?? 'none',
    close: async () => {
      server.kill('SIGTERM');
      await once(server, 'close');
    },
  };
}

async function create(port, folder, request) {
  const socket = tls.connect({
    port,
    host: '127.0.0.1',
    cert: readFileSync(`${folder}/cert.pem`),
    key: readFileSync(`${folder}/key.pem`),
    ca: readFileSync(`${folder}/ca.pem`),
    servername: 'localhost',
  });
  try {
    await once(socket, 'secureConnect');
    socket.write(request);
    let answer = Buffer.alloc(0);
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length >= 8 && answer.length >= 8 + answer.readUInt32BE(4)) break;
    }
    return /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/.exec(answer.toString('latin1'))?.[0] ?? null;
  } finally {
    socket.destroy();
  }
}

await runAlone(import.meta.url, { run });
