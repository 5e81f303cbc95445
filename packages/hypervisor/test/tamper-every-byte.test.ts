// Each byte of a bundle is changed once and met by a host. tamper-every-byte.long.test.ts has all values of each byte.
import { CryptoError, Dek, Kek, nativeEngine } from '@vcryptsim/crypto-core';
import { formatKeyId } from '@vcryptsim/ports';
import { beforeAll, describe, expect, it } from 'vitest';
import { openOrRefusal } from './support/changed-bundle.js';
import { faultOf, KEY, Lab, lockedIn, VM, webVm } from './support/lab.js';

const PLACES = [
  ['VMX', 'web.vmx', /encryption\.bundle = "([^"]+)"/],
  ['descriptor', 'web.vmdk', /encryptionKeys="([^"]+)"/],
] as const;

describe.each(PLACES)('[S21] the bundle in the %s', (_name, fileName, place) => {
  let lab: Lab;
  let text: string;
  let bundle: string;
  let start: number;
  beforeAll(async () => {
    lab = await Lab.safe();
    await lab.host.createVm(webVm());
    text = await lab.readText(fileName);
    bundle = place.exec(text)?.[1] ?? '';
    start = text.indexOf(bundle);
    expect(bundle.length).toBeGreaterThan(400);
  });

  it('is refused by the host with any of its bytes changed, and nothing is written', async () => {
    const before = await lab.digest(lab.datastore);
    const codes = new Map<string, number>();
    for (let at = 0; at < bundle.length; at += 1) {
      const bytes = Buffer.from(text);
      bytes[start + at] = (bytes[start + at] ?? 0) ^ 1;
      await lab.overwrite(fileName, bytes);
      const fault = await faultOf(lab.host.powerOnVm(VM));
      expect(['BUNDLE_TAMPERED', 'FILE_DAMAGED', 'VM_LOCKED', 'DISK_KEY_MISSING'], `byte ${at}`).toContain(fault.code);
      codes.set(fault.code, (codes.get(fault.code) ?? 0) + 1);
    }
    // Provider and key ID are another key's then, which is not at hand; all else is a bundle that was changed.
    const named = formatKeyId(KEY.id).length;
    const locked = fileName === 'web.vmx' ? 'VM_LOCKED' : 'DISK_KEY_MISSING';
    expect(codes.get(locked)).toBeLessThanOrEqual(2 * named);
    expect(codes.get('BUNDLE_TAMPERED')).toBeGreaterThanOrEqual(bundle.length - 2 * named);
    await lab.overwrite(fileName, text);
    expect(await lab.digest(lab.datastore)).toBe(before);
    await lab.host.powerOnVm(VM);
    await lab.host.powerOffVm(VM);
  });

  it('has locked data of which no byte can be another', () => {
    const locked = lockedIn(bundle);
    const kek = Kek.take(KEY.bytes.slice());
    let refused = 0;
    for (let at = 0; at < locked.length; at += 1) {
      const changed = Uint8Array.from(locked);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      try {
        Dek.unseal({ engine: nativeEngine(), kek, locked: changed }).dek.dispose();
      } catch (error) {
        if (!(error instanceof CryptoError) || error.code !== 'LOCKED_DATA_MISMATCH') throw error;
        refused += 1;
      }
    }
    expect(refused).toBe(locked.length);
    kek.dispose();
  });

  it('is refused cut anywhere, and longer by anything', () => {
    for (let length = 0; length < bundle.length; length += 1) {
      expect(openOrRefusal(bundle.slice(0, length), KEY), `${length} characters`).toBe('BUNDLE_TAMPERED');
    }
    for (const more of ['A', ')', ',', 'AAAA))', ' ', '\n']) {
      expect(openOrRefusal(bundle + more, KEY), JSON.stringify(more)).toBe('BUNDLE_TAMPERED');
    }
  });
});
