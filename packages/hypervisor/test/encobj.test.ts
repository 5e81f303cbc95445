// Sealed state files: what node:crypto alone reads in them, and every exchange of pages that must not go unnoticed.
import { createDecipheriv } from 'node:crypto';
import { Dek, Kek, nativeEngine, portableEngine } from '@vcryptsim/crypto-core';
import { encryptedObjectOf } from '@vcryptsim/hypervisor/formats';
import { SeededEntropy } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import {
  EncobjOpener,
  EncobjSealer,
  encobjSizeBytes,
  openEncobj,
  readEncobjHeader,
  sealEncobj,
} from '../src/formats/encobj.js';
import { KEY, pattern } from './support/lab.js';

const DEK_BYTES = pattern(64, 5);
const FILE = '[ds1] web/web.vmss';
const CONTEXT = 'state of one VM';

function dekOf(bytes = DEK_BYTES, engine = nativeEngine()): Dek {
  const kek = Kek.take(KEY.bytes.slice());
  return Dek.make({ engine, draw: () => bytes.slice(), kek, binding: {}, iv: new Uint8Array(16) }).dek;
}

const entropy = new SeededEntropy(1);
const DEK = dekOf();
const seal = (plaintext: Uint8Array, context = CONTEXT) => sealEncobj(plaintext, { dek: DEK, context, entropy });
const open = (bytes: Uint8Array, context = CONTEXT, dek = DEK) => openEncobj(bytes, { dek, context, file: FILE });
const fault = (code: string) => expect.objectContaining({ name: 'HypervisorError', code });
const TAMPERED = fault('ENVELOPE_TAMPERED');

/** A page of a file, from 0. */
const pageOf = (file: Uint8Array, page: number) => file.slice(4096 * (page + 1), 4096 * (page + 2));
function withPage(file: Uint8Array, page: number, bytes: Uint8Array): Uint8Array {
  const changed = file.slice();
  changed.set(bytes, 4096 * (page + 1));
  return changed;
}

describe('an encobj', () => {
  it.each([1, 16, 4063, 4064, 4065, 3 * 4064, 50_000])('of %i bytes opens as what was sealed', (lengthBytes) => {
    const plaintext = pattern(lengthBytes);
    const file = seal(plaintext);
    expect(file).toHaveLength(4096 * (1 + Math.ceil(lengthBytes / 4064)));
    expect(file).toHaveLength(encobjSizeBytes(lengthBytes));
    expect(open(file)).toEqual(plaintext);
    expect(openEncobj(file, { dek: dekOf(DEK_BYTES, portableEngine()), context: CONTEXT, file: FILE })).toEqual(
      plaintext,
    );
  });

  it('has the header and the pages of VMware, which node:crypto reads with 32 bytes of the key', () => {
    const plaintext = pattern(9000);
    const file = Buffer.from(seal(plaintext));
    const header = [0, 4, 8, 12, 16, 20].map((at) => file.readUInt32LE(at));
    expect(header).toEqual([0x8943dd9e, 1, 4064, 16, 16, 0]);
    expect(file.readBigUInt64LE(0x18)).toBe(9000n);
    expect(file.subarray(0x20, 0x1000).every((byte) => byte === 0)).toBe(true);
    expect(encryptedObjectOf(file)).toEqual({ version: 1, contentBytes: 9000 });
    const pages = [0, 1, 2].map((page) => {
      const bytes = pageOf(file, page);
      const decipher = createDecipheriv('aes-256-cbc', DEK_BYTES.subarray(0, 32), bytes.subarray(4064, 4080));
      return decipher.setAutoPadding(false).update(bytes.subarray(0, 4064));
    });
    const whole = Buffer.concat(pages);
    expect(new Uint8Array(whole.subarray(0, 9000))).toEqual(plaintext);
    expect(whole.subarray(9000).every((byte) => byte === 0)).toBe(true);
  });

  it('never repeats an IV, and shows nothing of equal pages', () => {
    const file = seal(new Uint8Array(20 * 4064));
    const parts = Array.from({ length: 20 }, (_, page) => Buffer.from(pageOf(file, page)).toString('hex'));
    expect(new Set(parts.map((page) => page.slice(0, 32))).size).toBe(20);
    expect(new Set(parts.map((page) => page.slice(2 * 4064, 2 * 4080))).size).toBe(20);
  });

  it('is refused with pages exchanged, from another file, rolled back one by one, cut off or put behind', () => {
    const [one, two] = [seal(pattern(3 * 4064)), seal(pattern(3 * 4064, 2))];
    const swapped = withPage(withPage(one, 0, pageOf(one, 1)), 1, pageOf(one, 0));
    expect(() => open(swapped)).toThrow(TAMPERED);
    expect(() => open(withPage(one, 2, pageOf(one, 0)))).toThrow(TAMPERED);
    const shorter = seal(pattern(2 * 4064));
    const cases = {
      'a page of an older copy': withPage(two, 1, pageOf(one, 1)),
      'the first page of an older copy': withPage(two, 0, pageOf(one, 0)),
      'a page of another VM': withPage(one, 1, pageOf(seal(pattern(3 * 4064), 'state of another VM'), 1)),
      'a page of a shorter file': withPage(one, 1, pageOf(shorter, 1)),
      'a page short': one.subarray(0, -4096),
      'a byte short': one.subarray(0, -1),
      'a page more': Buffer.concat([one, pageOf(one, 2)]),
      'the header alone': one.subarray(0, 4096),
      'half a header': one.subarray(0, 40),
    };
    for (const [name, bytes] of Object.entries(cases)) expect(() => open(bytes), name).toThrow(TAMPERED);
    // A logical size that goes with what was cut off, or with one byte less.
    for (const sizeBytes of [2 * 4064, 3 * 4064 - 1]) {
      const cut = Buffer.from(one.subarray(0, encobjSizeBytes(sizeBytes)));
      cut.writeBigUInt64LE(BigInt(sizeBytes), 0x18);
      expect(() => open(cut)).toThrow(TAMPERED);
    }
  });

  it('is refused with any byte changed, header included', () => {
    const file = seal(pattern(5000));
    for (let at = 4; at < file.length; at += at < 4096 ? 1 : 37) {
      const forged = file.slice();
      forged[at]! ^= 1;
      expect(() => open(forged), `byte ${at}`).toThrow(TAMPERED);
    }
    const other = file.slice();
    other[0]! ^= 1;
    expect(() => open(other)).toThrow(fault('FILE_DAMAGED'));
  });

  it('does not open under another key, as another version, or where it claims what no file has', () => {
    const file = seal(pattern(100));
    expect(() => open(file, CONTEXT, dekOf(pattern(64, 6)))).toThrow(TAMPERED);
    expect(() => openEncobj(file, { dek: DEK, context: CONTEXT, version: 2, file: FILE })).toThrow(TAMPERED);
    for (const claimed of [0n, 2n ** 63n, 2n ** 64n - 1n, 4065n]) {
      const forged = Buffer.from(file);
      forged.writeBigUInt64LE(claimed, 0x18);
      expect(() => open(forged)).toThrow(TAMPERED);
    }
  });

  it('is made and opened in pieces', () => {
    const plaintext = pattern(10 * 4064 + 5);
    const o = { dek: DEK, context: CONTEXT, version: 2 as const };
    const sealer = new EncobjSealer(plaintext.length, { ...o, entropy });
    const first = sealer.seal(plaintext.subarray(0, 4 * 4064));
    const rest = sealer.seal(plaintext.subarray(4 * 4064));
    const opener = new EncobjOpener(plaintext.length, { ...o, file: FILE });
    expect(new Uint8Array(Buffer.concat([opener.open(first), opener.open(rest)]))).toEqual(plaintext);
    expect(() => new EncobjOpener(plaintext.length, { ...o, file: FILE }).open(rest)).toThrow(TAMPERED);
  });

  it('has no page that another version of the whole would take', () => {
    const header = seal(pattern(10)).subarray(0, 4096);
    expect(readEncobjHeader(header, 8192, { file: FILE })).toBe(10);
    expect(() => readEncobjHeader(header, 4096, { file: FILE })).toThrow(TAMPERED);
  });
});
