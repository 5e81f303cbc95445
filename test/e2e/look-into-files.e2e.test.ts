// `inspect` and `scan` as processes of their own, on files made here byte by byte.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasStackTrace, runCli } from '../support/run-cli.js';

const key = Buffer.from('00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef', 'hex');
let folder: string;
const at = (...names: string[]) => join(folder, ...names);

const DESCRIPTOR = `# Disk DescriptorFile
version=1
CID=1b2c3d4e
parentCID=ffffffff
createType="vmfs"
keyID=5f0c91a2
encryptionKeys="vmware:key/list/(pair/(fqid/<VMWARE-NULL>/lab%2dkms/key%2d1,HMAC%2dSHA%2d256,${encodeURIComponent(
  Buffer.alloc(288, 7).toString('base64'),
).replace(/%../g, (hex) => hex.toLowerCase())}))"

RW 2048 VMFS "a-flat.vmdk"

ddb.iofilters = "vmwarevmcrypt"
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcryptsim-look-'));
  mkdirSync(at('files', 'deep'), { recursive: true });
  writeFileSync(at('files', 'clear.txt'), 'nothing of interest\n'.repeat(100));
  writeFileSync(at('files', 'a.vmdk'), DESCRIPTOR);
  writeFileSync(at('files', 'a-flat.vmdk'), Buffer.alloc(1024 * 1024));
  writeFileSync(at('files', 'deep', 'raw.bin'), Buffer.concat([Buffer.alloc(70_000), key, Buffer.alloc(9)]));
  writeFileSync(at('files', 'deep', 'hex.log'), `key=${key.toString('hex').toUpperCase()}\n`);
  writeFileSync(
    at('files', 'deep', 'base64.json'),
    JSON.stringify({ k: Buffer.concat([Buffer.from('x'), key]).toString('base64') }),
  );
  symlinkSync(at('files'), at('files', 'deep', 'loop'));
  mkdirSync(at('empty'));
  writeFileSync(at('key.bin'), key);
  writeFileSync(at('key.hex'), `${key.toString('hex')}\n`);
  writeFileSync(at('empty.vmx'), '');
  writeFileSync(at('notes.txt'), 'hello');
  writeFileSync(at('bad.vmx'), 'displayName = "a"\nnonsense\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('vcryptsim scan', () => {
  it.each([
    ['hex digits', () => key.toString('hex')],
    ['a file of raw bytes', () => `@${at('key.bin')}`],
    ['a file of hex text', () => `@${at('key.hex')}`],
  ])('finds a key given as %s: raw, as hex, as base64, with its place', async (_, needle) => {
    const { exitCode, stdout } = await runCli(['scan', at('files'), '--needle', needle(), '--json']);
    expect(exitCode).toBe(0);
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({ files: 6, found: 3, complete: true });
    const found = answer.matches.map((match: { path: string; form: string }) => [match.path, match.form]);
    expect(found.sort()).toEqual([
      ['deep/base64.json', 'base64'],
      ['deep/hex.log', 'hex'],
      ['deep/raw.bin', 'raw'],
    ]);
    const raw = answer.matches.find((match: { form: string }) => match.form === 'raw');
    expect(raw.offsetBytes).toBe(70_000);
    expect(stdout).not.toContain(key.toString('hex'));
  });

  it('tells people the same in a table', async () => {
    const { exitCode, stdout } = await runCli(['scan', 'files', '--needle', '@key.bin'], { cwd: at() });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^FILE +OFFSET +FORM +NEEDLE$/m);
    expect(stdout).toMatch(/^deep\/raw\.bin +70000 +raw /m);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^3 places in 6 files/);
  });

  it('finds nothing where nothing is, and ends as it was told to', async () => {
    const needle = ['--needle', `@${at('key.bin')}`];
    expect((await runCli(['scan', at('empty'), ...needle])).exitCode).toBe(0);
    expect((await runCli(['scan', at('empty'), ...needle, '--expect', 'absent'])).exitCode).toBe(0);
    expect((await runCli(['scan', at('files'), ...needle, '--expect', 'found'])).exitCode).toBe(0);
    const missed = await runCli(['scan', at('empty'), ...needle, '--expect', 'found']);
    expect(missed.exitCode).toBe(1);
    const leaked = await runCli(['scan', at('files'), ...needle, '--expect', 'absent']);
    expect(leaked.exitCode).toBe(1);
    expect(leaked.stderr).toContain('deep/');
  });
});

describe('vcryptsim inspect', () => {
  it('tells clear from sealed, with the key to ask for', async () => {
    const text = await runCli(['inspect', at('files', 'a.vmdk')]);
    expect(text.exitCode).toBe(0);
    expect(text.stdout).toMatch(/key ID +key-1/);
    expect(text.stdout).toMatch(/key provider +lab-kms/);
    const json = await runCli(['inspect', at('files', 'a.vmdk'), '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ encrypted: true, keys: [{ keyId: 'key-1', lockedBytes: 288 }] });
  });
});

describe('what a user can get wrong here', () => {
  it.each([
    ['a file that is not there', ['inspect', 'missing.vmx'], 3, /missing\.vmx/],
    ['an empty file', ['inspect', 'empty.vmx'], 3, /empty\.vmx is empty/],
    ['a file of no known format', ['inspect', 'notes.txt'], 3, /notes\.txt/],
    ['a damaged file, with its line', ['inspect', 'bad.vmx'], 3, /bad\.vmx, line 2/],
    ['a folder to scan that is not there', ['scan', 'missing', '--needle', '00112233'], 3, /missing/],
    ['a file to scan', ['scan', 'notes.txt', '--needle', '00112233'], 3, /notes\.txt/],
    ['a needle file that is not there', ['scan', 'files', '--needle', '@missing.key'], 3, /missing\.key/],
    ['a needle that is no hex', ['scan', 'files', '--needle', 'xyz'], 2, /needle/],
    ['a needle that is too short', ['scan', 'files', '--needle', '0011'], 2, /2 bytes/],
    ['no needle', ['scan', 'files'], 2, /--needle/],
    [
      'an expectation that does not exist',
      ['scan', 'files', '--needle', '00112233', '--expect', 'maybe'],
      2,
      /found.*absent/,
    ],
    ['a verb that does not exist', ['inspct', 'a.vmx'], 2, /inspect/],
  ])('%s', async (_, words, exitCode, says) => {
    const outcome = await runCli(words, { cwd: folder });
    expect(outcome.stderr).toMatch(says);
    expect(outcome.exitCode).toBe(exitCode);
    expect(hasStackTrace(outcome.stdout + outcome.stderr)).toBe(false);
    expect(outcome.stdout).toBe('');
  });
});

describe('vcryptsim scan --needle-text', () => {
  it('finds text as Linux and as Windows guests store it, and does not show it', async () => {
    const folder = at('texts');
    mkdirSync(folder);
    writeFileSync(join(folder, 'linux'), 'account: Müller 4711');
    writeFileSync(join(folder, 'windows'), Buffer.from('account: Müller 4711', 'utf16le'));
    const { exitCode, stdout } = await runCli(['scan', folder, '--needle-text', 'Müller 4711']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/linux +9 +raw +text 1\n/);
    expect(stdout).toMatch(/windows +18 +raw +text 1 \(UTF-16\)\n/);
    expect(stdout).not.toContain('Müller');
    expect((await runCli(['scan', folder, '--needle-text', 'Meier 4711', '--expect', 'absent'])).exitCode).toBe(0);
    expect((await runCli(['scan', folder, '--needle-text', 'abc'])).exitCode).toBe(2);
  });
});
