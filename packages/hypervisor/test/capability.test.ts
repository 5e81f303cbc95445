// What each ESXi release can do, and that a host acts by it.
import { readFileSync } from 'node:fs';
import { capabilityOf, ESXI_VERSIONS, type HostCapability } from '@vcryptsim/hypervisor/api';
import { describe, expect, it } from 'vitest';
import { faultOf, grant, HOST_KEY, KEY, Lab, OTHER_VM, plainVm, VM, webVm } from './support/lab.js';

/**
 * vsphere-rules.md section 1.2, typed in by hand: `T` true, `F` false, `-` absent, `e` an empty text. Columns as in the
 * head line. tpmSupported and tpmVersion: of hosts without a TPM; tpmVersion is a property from API 6.7 on.
 */
const SHEET = `
  field                                6.0 6.5 6.7 7.0 7.0U2 8.0 8.0U3
  cryptoSupported                      -   T   T   T   T     T   T
  encryptedVMotionSupported            -   T   T   T   T     T   T
  encryptionMemorySaveSupported        -   F   T   T   T     T   T
  encryptionHBRSupported               -   F   T   T   T     T   T
  encryptionFaultToleranceSupported    -   F   F   F   T     T   T
  encryptedFtSupported                 -   -   -   -   T     T   T
  hostConfigEncryptionSupported        -   -   -   -   T     T   T
  encryptionHotOperationSupported      -   F   F   F   F     F   F
  encryptionWithSnapshotsSupported     -   F   F   F   F     F   F
  encryptionChangeOnAddRemoveSupported -   F   F   F   F     F   F
  encryptionRDMSupported               -   F   F   F   F     F   F
  encryptionVFlashSupported            -   F   F   F   F     F   F
  encryptionCBRCSupported              -   F   F   F   F     F   F
  tpmSupported                         F   F   F   F   F     F   F
  tpmVersion                           -   -   e   e   e     e   e
`;
const MEANING = { T: true, F: false, e: '' } as const;
const [[, ...versions] = [], ...rows] = SHEET.trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/));

describe('the capabilities of ESXi releases', () => {
  it('has every release, oldest first', () => {
    expect(ESXI_VERSIONS).toEqual(versions);
    expect(rows).toHaveLength(15);
  });

  it.each(ESXI_VERSIONS)('are those of the sheet: %s', (version) => {
    const column = versions.indexOf(version) + 1;
    const cells = rows
      .map(([field, ...cells]) => [field, cells[column - 1]] as const)
      .filter(([, cell]) => cell !== '-');
    const wanted = Object.fromEntries(cells.map(([field, cell]) => [field, MEANING[cell as keyof typeof MEANING]]));
    // toStrictEqual: a field that is there with `undefined` is not absent.
    expect(capabilityOf(version)).toStrictEqual(wanted as unknown as HostCapability);
  });

  it('stand in docs/fidelity.md as they are, inferred ones marked', () => {
    const text = readFileSync(new URL('../../../docs/fidelity.md', import.meta.url), 'utf8');
    const table = text.slice(text.indexOf('## What hosts can do')).split('\n\n')[2]?.split('\n') ?? [];
    const cellsOf = (line = ''): string[] =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
    const columns = cellsOf(table[0])
      .map((head) => head.split(', '))
      .slice(1);
    expect(columns.flat()).toEqual(ESXI_VERSIONS);
    const told = new Map(ESXI_VERSIONS.map((version) => [version, {} as Record<string, unknown>]));
    const values: Readonly<Record<string, unknown>> = { true: true, false: false, empty: '' };
    for (const line of table.slice(2)) {
      const [fields = '', ...cells] = cellsOf(line);
      for (const [index, cell] of cells.entries()) {
        const [value = ''] = cell.split(' ');
        const inferred = columns[index]?.[0] !== '6.7' && value !== 'absent' && !fields.includes('tpm');
        expect(cell, `${fields}, ${columns[index]}`).toBe(inferred ? `${value} [ours O24]` : value);
        for (const version of columns[index] ?? []) {
          for (const [, field = ''] of fields.matchAll(/`(\w+)`/g)) {
            if (value !== 'absent') Object.assign(told.get(version as never) ?? {}, { [field]: values[value] });
          }
        }
      }
    }
    for (const version of ESXI_VERSIONS) expect(told.get(version)).toStrictEqual(capabilityOf(version));
  });

  it('are what a host of that version says', async () => {
    for (const version of ESXI_VERSIONS) {
      const { host } = await Lab.boot({ version });
      expect([host.version, host.capability]).toEqual([version, capabilityOf(version)]);
    }
  });
});

describe('a host without encryption (6.0)', () => {
  const unsupported = { code: 'NOT_SUPPORTED', what: 'encryption' };

  it('has no encryption mode, takes no key and spends the parcel, and makes no encrypted VM', async () => {
    const lab = await Lab.boot({ version: '6.0' });
    const before = await lab.digest();
    const grants = [grant(HOST_KEY), grant(KEY)] as const;
    expect(await faultOf(lab.host.prepareCrypto())).toEqual(unsupported);
    expect(await faultOf(lab.host.enableCrypto(grants[0]))).toEqual(unsupported);
    expect(await faultOf(lab.host.addKeys([grants[1]]))).toEqual(unsupported);
    expect(grants.every(({ parcel }) => parcel.spent)).toBe(true);
    expect(await faultOf(lab.host.createVm(webVm()))).toEqual(unsupported);
    expect(await lab.host.runtime()).toMatchObject({ cryptoState: 'incapable', cryptoKeyId: null });
    expect(await lab.host.listKeys()).toEqual([]);
    expect(await lab.digest()).toBe(before);
  });

  it('runs plain VMs', async () => {
    const lab = await Lab.boot({ version: '6.0' });
    await lab.host.createVm(plainVm());
    await lab.host.powerOnVm(VM);
    expect(await lab.host.vm(VM)).toMatchObject({ powerState: 'poweredOn', connectionState: 'connected' });
  });

  it('shows an encrypted VM of its inventory as invalid, refuses to register another, and says why', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.host.createVm(webVm({ name: 'db' as never, uuid: OTHER_VM }));
    await lab.host.unregisterVm(OTHER_VM);
    lab.version = '6.0';
    await lab.reboot();
    const before = await lab.digest(lab.datastore);
    const shown = await lab.host.vm(VM);
    expect(shown).toMatchObject({ connectionState: 'invalid', cryptoState: 'unlocked', damage: 'NOT_SUPPORTED' });
    expect(shown.problem).toContain('[ds1] web/web.vmx needs VM encryption, which ESXi 6.0 does not have');
    expect(await faultOf(lab.host.powerOnVm(VM))).toEqual(unsupported);
    expect(await faultOf(lab.host.registerVm('[ds1] db/db.vmx'))).toEqual(unsupported);
    expect(await lab.digest(lab.datastore)).toBe(before);
    // A newer host has it again.
    lab.version = '6.5';
    await lab.reboot();
    await lab.enableCrypto();
    await lab.host.addKeys([grant(KEY)]);
    await lab.host.powerOnVm(VM);
  });
});
