import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytes, encodeTtlv, integer, item, structure, Tag, text } from '@vcryptsim/kmip-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasStackTrace, runCli } from '../../../test/support/run-cli.js';

const key = Uint8Array.from({ length: 32 }, (_, at) => 0xc0 + at);
const keyHex = Buffer.from(key).toString('hex');
const message = encodeTtlv(
  item(
    Tag.KeyBlock,
    structure([
      item(Tag.UniqueIdentifier, text('key-1')),
      item(Tag.KeyValue, structure([item(Tag.KeyMaterial, bytes(key))])),
      item(Tag.CryptographicLength, integer(256)),
    ]),
  ),
);

describe('vcryptsim kmip decode', () => {
  let folder: string;
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-decode-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('shows a message as a tree, and its key as so many bytes', async () => {
    const { exitCode, stdout } = await runCli(['kmip', 'decode', file('key.bin', message)]);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'KeyBlock',
      '  UniqueIdentifier TextString "key-1"',
      '  KeyValue',
      '    KeyMaterial ByteString <redacted, 32 bytes>',
      '  CryptographicLength Integer 256',
      '',
    ]);
  });

  it('shows every byte with its place but those of the key', async () => {
    const { stdout } = await runCli(['kmip', 'decode', file('key.hex', Buffer.from(message).toString('hex')), '--hex']);
    expect(stdout).toContain('0000  42004001 00000050   KeyBlock Structure');
    expect(stdout).toContain('0008    42009407 00000005   UniqueIdentifier TextString');
    expect(stdout).toContain('0010    6b65792d 31         value');
    expect(stdout.replace(/\s/g, '')).not.toContain(keyHex.slice(0, 16));
    const places = stdout.match(/^[0-9a-f]{4}/gm) ?? [];
    expect(places).toEqual([...places].sort());
  });

  it('prints one JSON document', async () => {
    const { stdout } = await runCli(['kmip', 'decode', file('key.bin', message), '--json', '--hex']);
    const { messages } = JSON.parse(stdout);
    expect(messages).toMatchObject([{ offsetBytes: 0, lengthBytes: message.length, summary: null }]);
    expect(messages[0].spans[0]).toMatchObject({ part: 'head', label: 'KeyBlock Structure' });
    expect(stdout).not.toContain(keyHex.slice(0, 16));
  });

  it('shows what can be read of a malformed message, and says where it ends', async () => {
    const broken = message.slice();
    broken[0x1f] = 0x61;
    const { exitCode, stdout, stderr } = await runCli(['kmip', 'decode', file('broken.bin', broken)]);
    expect(exitCode).toBe(2);
    expect(stdout).toContain('UniqueIdentifier TextString "key-1"');
    expect(stderr).toContain('broken.bin is malformed: the item is longer than what is around it (at byte 28).');
    expect(hasStackTrace(stderr)).toBe(false);
  });

  it('refuses what is no message', async () => {
    const { exitCode, stderr } = await runCli(['kmip', 'decode', file('note.txt', 'hello')]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('note.txt is neither hex digits nor a KMIP message.');
  });
});
