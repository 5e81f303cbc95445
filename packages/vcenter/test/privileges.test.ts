import { VCENTER_VERSIONS } from '@vcryptsim/vcenter';
import {
  type AnyOperation,
  factsOf,
  isNeededIn,
  OPERATIONS,
  PRIVILEGE_IDS,
  type Privilege,
  SHIPPED_ROLES,
} from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it } from 'vitest';

/** As role lists of real hosts have them; the same from 6.5 to 8.0 (facts/vsphere-encryption.md section 3). */
const CRYPTOGRAPHER = [
  ...['Access', 'AddDisk', 'Clone', 'Decrypt', 'Encrypt', 'EncryptNew', 'ManageEncryptionPolicy', 'ManageKeyServers'],
  ...['ManageKeys', 'Migrate', 'ReadKeyServersInfo', 'Recrypt', 'RegisterHost', 'RegisterVM'],
].map((name) => `Cryptographer.${name}`);

/**
 * Privileges of group Cryptographer that methods are documented with (facts/vsphere-rules.md section 11, vim-api.md
 * sections 2 and 3), in 7.0U3. What stands here and is in the catalogue must agree.
 */
const DOCUMENTED: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['CreateVM_Task', ['EncryptNew', 'RegisterHost']],
  // RegisterVM for CryptoSpec Register is ours.
  ['ReconfigVM_Task', ['AddDisk', 'Decrypt', 'Encrypt', 'Recrypt', 'RegisterHost', 'RegisterVM']],
  // Recrypt for a clone with other keys is ours; documented are Encrypt and Decrypt.
  ['CloneVM_Task', ['Clone', 'Decrypt', 'Encrypt', 'Recrypt', 'RegisterHost']],
  ['RegisterVM_Task', ['RegisterHost', 'RegisterVM']],
  ['CryptoUnlock_Task', ['RegisterHost', 'RegisterVM']],
  ['PowerOnVM_Task', ['RegisterHost', 'RegisterVM']],
  ['AddHost_Task', ['RegisterHost']],
  ['AddStandaloneHost_Task', ['RegisterHost']],
  ['ReconnectHost_Task', ['RegisterHost']],
  ['GenerateKey', ['ManageKeys']],
  ['ListKmipServers', ['ReadKeyServersInfo']],
  ...['PbmCreate', 'PbmUpdate', 'PbmDelete'].map((name) => [name, ['ManageEncryptionPolicy']] as [string, string[]]),
  ...[
    ...['RegisterKmipServer', 'UpdateKmipServer', 'RemoveKmipServer', 'MarkDefault', 'RetrieveKmipServersStatus_Task'],
    ...['RetrieveKmipServerCert', 'UploadKmipServerCert', 'GenerateSelfSignedClientCert', 'GenerateClientCsr'],
    ...['RetrieveClientCsr', 'RetrieveClientCert', 'UpdateKmsSignedCsrClientCert', 'UploadClientCert'],
    // Ours: no calls of the vSphere API.
    ...['GenerateVmcaClientCert', 'RetrieveVmcaRootCert'],
  ].map((name) => [name, ['ManageKeyServers']] as [string, string[]]),
]);

const cryptographerOf = ({ needs }: AnyOperation, version: (typeof VCENTER_VERSIONS)[number]) =>
  new Set(
    needs
      .filter((need) => isNeededIn(need, version))
      .map(({ privilege }) => privilege as string)
      .filter((id) => id.startsWith('Cryptographer.')),
  );
const operation = (name: string) => OPERATIONS.find((each) => each.name === name)!;

describe('[S17] privileges', () => {
  it('are all 14 of group Cryptographer, under the IDs of the vSphere API', () => {
    const known = PRIVILEGE_IDS.filter((id) => id.startsWith('Cryptographer.'));
    expect(known).toEqual(CRYPTOGRAPHER);
    for (const id of known) {
      const { since, setOn, allows } = factsOf(id);
      expect(VCENTER_VERSIONS).toContain(since);
      expect(setOn.length * allows.length).toBeGreaterThan(0);
    }
  });

  it.each(OPERATIONS.map((each) => [each.name, each] as const))(
    'of group Cryptographer that %s looks for are the documented ones',
    (name, each) => {
      const wanted = (DOCUMENTED.get(name) ?? []).map((id) => `Cryptographer.${id}`);
      expect([...cryptographerOf(each, '7.0U3')].sort()).toEqual([...wanted].sort());
    },
  );

  it('to list key providers are another one where the release has it', () => {
    const list = operation('ListKmipServers');
    const names = (version: (typeof VCENTER_VERSIONS)[number]) => [...cryptographerOf(list, version)];
    for (const version of ['6.5', '6.7', '7.0', '7.0U1'] as const)
      expect(names(version)).toEqual(['Cryptographer.ManageKeyServers']);
    for (const version of ['7.0U2', '7.0U3', '8.0', '8.0U3'] as const)
      expect(names(version)).toEqual(['Cryptographer.ReadKeyServersInfo']);
  });

  it('without which something else happens than a refusal are those that are documented so', () => {
    const effects = OPERATIONS.flatMap(({ name, needs }) =>
      needs.flatMap(({ privilege, on, ifMissing }) =>
        typeof ifMissing === 'object' ? [`${name}: ${privilege} on ${on}: ${ifMissing.effect}`] : [],
      ),
    );
    const disabled = 'Cryptographer.RegisterHost on another host of the cluster';
    const stays = 'and that host stays disabled, without the key';
    expect(effects.sort()).toEqual(
      [
        `CloneVM_Task: ${disabled}: the copy is made, ${stays}`,
        `CreateVM_Task: ${disabled}: the VM is made, ${stays}`,
        `CryptoUnlock_Task: ${disabled}: the VM is unlocked, ${stays}`,
        `PowerOnVM_Task: ${disabled}: the VM starts, ${stays}`,
        'PowerOnVM_Task: Cryptographer.RegisterVM on the VM: the key is not fetched, and the VM does not start',
        `ReconfigVM_Task: ${disabled}: the VM is changed, ${stays}`,
        `RegisterVM_Task: ${disabled}: the VM is registered, ${stays}`,
        'RegisterVM_Task: Cryptographer.RegisterHost on the host: the VM is registered and stays locked',
        'RegisterVM_Task: Cryptographer.RegisterVM on the folder: the VM is registered and stays locked',
      ].sort(),
    );
  });

  it('of each operation are in the order of the list, so that there is one order in which missing ones are named', () => {
    for (const { name, needs } of OPERATIONS) {
      for (const version of VCENTER_VERSIONS) {
        const own = needs.filter((need) => isNeededIn(need, version));
        const places = own.map(({ privilege }) => PRIVILEGE_IDS.indexOf(privilege));
        expect(places, name).toEqual([...places].sort((a, b) => a - b));
      }
    }
  });

  it('of roles as shipped, under the IDs and labels of the product', () => {
    const { admin, readOnly, noAccess, noCryptoAdmin } = SHIPPED_ROLES;
    const read: readonly Privilege[] = ['System.Anonymous', 'System.View', 'System.Read'];
    expect(admin).toEqual({ id: -1, name: 'Administrator', privileges: PRIVILEGE_IDS });
    expect(readOnly).toEqual({ id: -2, name: 'Read-only', privileges: read });
    expect(noAccess).toEqual({ id: -5, name: 'No access', privileges: [] });
    expect(noCryptoAdmin).toMatchObject({ id: -6, name: 'No cryptography administrator' });
    const lacks = PRIVILEGE_IDS.filter((id) => !noCryptoAdmin.privileges.includes(id));
    expect(lacks.sort()).toEqual(
      [
        ...CRYPTOGRAPHER,
        ...['Global.Diagnostics', 'Host.Inventory.AddHostToCluster', 'Host.Inventory.AddStandaloneHost'],
        'Host.Local.ManageUserGroups',
      ].sort(),
    );
  });
});
