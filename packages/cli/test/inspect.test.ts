import { composeDescriptor, encodeNvram, formatBundle, Vmx } from '@vcryptsim/hypervisor/formats';
import { type DiskUuid, type KeyId, type ProviderId, sectorCount } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { describeDescriptor } from '../src/inspect/describe-descriptor.js';
import { describeNvram } from '../src/inspect/describe-nvram.js';
import { describeVmx } from '../src/inspect/describe-vmx.js';
import { renderReport } from '../src/inspect/file-report.js';

const keyId = { keyId: '8f31a6de-0001' as KeyId, providerId: 'lab-kms' as ProviderId };
const locked = Uint8Array.from({ length: 288 }, (_, at) => at & 0xff);
const bundle = formatBundle([{ keyId, locked }]);
const disk = {
  createType: 'vmfs',
  contentId: 0x1b2c3d4e,
  uuid: '6000c29a-1111-4222-8333-444455556666' as DiskUuid,
  capacity: sectorCount(65_536),
  extentFileName: 'web-01-flat.vmdk',
} as const;

describe('inspect', () => {
  it('[S08] tells clear from sealed in the descriptor of an encrypted disk', () => {
    const text = composeDescriptor({
      ...disk,
      encryption: { contentKeyId: '5f0c91a2', bundle, dataUnitSizeBytes: 512 },
    });
    const report = describeDescriptor(text, 'web-01.vmdk');
    expect(report.encrypted).toBe(true);
    expect(report.keys).toEqual([
      { place: 'encryptionKeys', keyId: keyId.keyId, providerId: 'lab-kms', lockedBytes: 288 },
    ]);
    expect(report.sealed.map(({ name }) => name)).toEqual(['encryptionKeys', 'web-01-flat.vmdk']);
    expect(report.clear).toContainEqual({ name: 'createType', value: 'vmfs' });
    expect(report.clear).toContainEqual({ name: 'capacity', value: '65536 sectors, 32.0 MiB' });
    expect(report.clear).toContainEqual({ name: 'ddb.iofilters', value: 'vmwarevmcrypt' });
    const shown = renderReport(report);
    expect(shown).toContain(keyId.keyId);
    expect(shown).toContain('288 bytes: IV 16, AES-256-CBC 240, HMAC-SHA-256 32');
    expect(shown).not.toContain(Buffer.from(locked).toString('base64').slice(0, 24));
  });

  it('shows all of a plain disk in clear', () => {
    const report = describeDescriptor(composeDescriptor(disk), 'plain.vmdk');
    expect(report).toMatchObject({ encrypted: false, sealed: [], keys: [] });
    expect(report.clear.map(({ name }) => name)).toContain('web-01-flat.vmdk');
  });

  it('[S05] tells clear from sealed in a VM configuration', () => {
    const vmx = Vmx.create();
    vmx.set('displayName', 'web "01"');
    expect(describeVmx(vmx.toText(), 'web-01.vmx')).toMatchObject({ encrypted: false, sealed: [], keys: [] });
    vmx.set('encryption.bundle', bundle);
    const report = describeVmx(vmx.toText(), 'web-01.vmx');
    expect(report.clear).toContainEqual({ name: 'displayName', value: 'web "01"' });
    expect(report.clear.map(({ name }) => name)).not.toContain('encryption.bundle');
    expect(report.keys).toHaveLength(1);
  });

  it('names the variables of a plain NVRAM and nothing of a sealed one', () => {
    const plain = encodeNvram(new Map([['BootOrder', new Uint8Array(4)]]));
    expect(describeNvram(plain, 'a.nvram').clear).toEqual([{ name: 'BootOrder', value: '4 bytes' }]);
    const encobj = Buffer.alloc(8192);
    encobj.writeUInt32LE(0x8943dd9e, 0);
    encobj.writeUInt8(100, 0x18);
    const sealed = describeNvram(encobj, 'a.nvram');
    expect(sealed).toMatchObject({ encrypted: true, clear: [] });
    expect(sealed.sealed[0]?.value).toContain('100 bytes');
    expect(() => describeNvram(new Uint8Array(128), 'a.nvram')).toThrow(/neither a plain nor a sealed/);
  });

  it('passes on what is damaged, with its line', () => {
    const text = composeDescriptor(disk).replace('CID=', 'CID:');
    expect(() => describeDescriptor(text, 'a.vmdk')).toThrow(expect.objectContaining({ code: 'FILE_DAMAGED' }));
    expect(() => describeVmx('displayName', 'a.vmx')).toThrow(/a\.vmx, line 1/);
    const cut = composeDescriptor({
      ...disk,
      encryption: { contentKeyId: '5f0c91a2', bundle: bundle.slice(0, -9), dataUnitSizeBytes: 512 },
    });
    expect(() => describeDescriptor(cut, 'a.vmdk')).toThrow(expect.objectContaining({ code: 'BUNDLE_TAMPERED' }));
  });

  it('cuts long values on the screen, not in the report', () => {
    const vmx = Vmx.create();
    vmx.set('annotation', 'x'.repeat(300));
    const report = describeVmx(vmx.toText(), 'a.vmx');
    expect(renderReport(report)).toContain('... (300 characters)');
    expect(report.clear).toContainEqual({ name: 'annotation', value: 'x'.repeat(300) });
  });
});
