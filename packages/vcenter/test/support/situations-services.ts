// The situations of operations on services: key providers, storage policies, roles and permissions, tasks.
import { generateKeyPairSync } from 'node:crypto';
import { LabAuthority } from '@vcryptsim/pki';
import type { KeyPair, KeyServerName } from '@vcryptsim/ports';
import { ADMINISTRATOR, SAMPLE_POLICY, type UserName } from '@vcryptsim/vcenter';
import { createPolicy, cryptoUnlockVm } from '@vcryptsim/vcenter/catalogue';
import { as } from './as-user.js';
import { ESX_1, KMS_1, KMS_2, PROVIDER, START_MS } from './lab.js';
import type { PrivilegeWorld } from './privilege-world.js';
import type { Called, NeedName, Situation, Situations } from './situation.js';

const NO_HOSTS = { hosts: [] };
const own = { name: 'Own', description: '', encrypts: true, allowCleartextFilters: false };
const YEAR_MS = 365 * 24 * 3600 * 1000;
const validity = { notBeforeMs: START_MS - YEAR_MS, notAfterMs: START_MS + YEAR_MS };
const pair: KeyPair = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A call of a service, for which one privilege on the root folder is looked for. */
function service(privilege: NeedName, args: (world: PrivilegeWorld) => object | Promise<object>): Situation {
  const call = async (world: PrivilegeWorld): Promise<Called> => ({ object: null, args: await args(world) });
  return { ...NO_HOSTS, call, refused: { [privilege]: 'root' as const } };
}

const keyServers = (args: (world: PrivilegeWorld) => object | Promise<object>) =>
  service('Cryptographer.ManageKeyServers on the root folder', args);
const aboutProvider = () => keyServers(() => ({ providerId: PROVIDER }));

function authority({ lab }: PrivilegeWorld): Promise<LabAuthority> {
  const keyPairs = { generate: async () => pair };
  return LabAuthority.create({ clock: lab.clock, entropy: lab.entropy, keyPairs, subject: 'CN=KMS CA', validity });
}

const UPDATE = 'StorageProfile.Update on the root folder';
const ENCRYPTING = 'Cryptographer.ManageEncryptionPolicy on the root folder';
const plain = { ...own, name: 'Plain', encrypts: false };

/** A call about a storage policy that encrypts, and one about a policy that does not. */
function policies(
  encrypting: (world: PrivilegeWorld) => object | Promise<object>,
  other: (world: PrivilegeWorld) => object | Promise<object>,
): readonly Situation[] {
  const about = service(UPDATE, encrypting);
  return [
    { ...about, refused: { ...about.refused, [ENCRYPTING]: 'root' as const } },
    { ...service(UPDATE, other), spared: [ENCRYPTING] },
  ];
}

const ROLES = 'Authorization.ModifyRoles on the root folder';
const USERS = 'Authorization.ModifyPermissions on the root folder';
const PERMISSIONS = 'Authorization.ModifyPermissions on the object';

/** A task on a VM, of the administrator or of the caller, which waits for a key server that does not answer. */
async function waitingTask(world: PrivilegeWorld, user: UserName = ADMINISTRATOR): Promise<Called> {
  const vm = world.vm(await world.encryptedVm());
  await world.rebootWithoutKeys(ESX_1);
  for (const name of [KMS_1, KMS_2]) world.lab.network.set(name, { kind: 'hang' });
  const { id } = await as(world.vcenter, user).session.begin(cryptoUnlockVm, vm, {});
  return { object: null, args: { task: id } };
}

export const SERVICE_SITUATIONS: Situations = new Map<string, readonly Situation[]>([
  ['GenerateClientCsr', [aboutProvider()]],
  ['GenerateKey', [service('Cryptographer.ManageKeys on the root folder', () => ({}))]],
  ['GenerateSelfSignedClientCert', [aboutProvider()]],
  ['GenerateVmcaClientCert', [aboutProvider()]],
  [
    'ListKmipServers',
    [
      service('Cryptographer.ReadKeyServersInfo on the root folder', () => ({})),
      { ...keyServers(() => ({})), version: '6.7' },
    ],
  ],
  ['MarkDefault', [aboutProvider()]],
  [
    'RegisterKmipServer',
    [
      keyServers(() => ({
        providerId: PROVIDER,
        server: { name: 'kms-3' as KeyServerName, address: { name: 'kms-3' } },
      })),
    ],
  ],
  ['RemoveKmipServer', [keyServers(() => ({ providerId: PROVIDER, server: KMS_2 }))]],
  ['RetrieveClientCert', [aboutProvider()]],
  [
    'RetrieveClientCsr',
    [
      keyServers(async ({ admin }) => {
        await admin.cryptoManager.generateClientCsr(PROVIDER);
        return { providerId: PROVIDER };
      }),
    ],
  ],
  ['RetrieveKmipServerCert', [keyServers(() => ({ providerId: PROVIDER, server: KMS_1 }))]],
  ['RetrieveKmipServersStatus_Task', [keyServers(() => ({}))]],
  ['RetrieveVmcaRootCert', [keyServers(() => ({}))]],
  [
    'UpdateKmipServer',
    [keyServers(() => ({ providerId: PROVIDER, server: { name: KMS_2, address: { name: 'elsewhere' } } }))],
  ],
  [
    'UpdateKmsSignedCsrClientCert',
    [
      keyServers(async (world) => {
        const request = await world.admin.cryptoManager.generateClientCsr(PROVIDER);
        const certificate = await (await authority(world)).signRequest(request, validity);
        return { providerId: PROVIDER, chain: [certificate] };
      }),
    ],
  ],
  [
    'UploadClientCert',
    [
      keyServers(async (world) => {
        const identity = await (await authority(world)).issueIdentity({ subject: 'CN=vc', keyPair: pair, ...validity });
        return { providerId: PROVIDER, identity };
      }),
    ],
  ],
  [
    'UploadKmipServerCert',
    [
      keyServers(async ({ admin }) => {
        const certificate = await admin.cryptoManager.retrieveKmipServerCert(PROVIDER, KMS_1);
        return { providerId: PROVIDER, server: KMS_1, certificate };
      }),
    ],
  ],
  [
    'PbmCheckCompliance',
    [
      {
        ...service('StorageProfile.View on the root folder', async (world) => ({
          vms: [world.vm(await world.encryptedVm())],
        })),
        hosts: [ESX_1],
      },
    ],
  ],
  [
    'PbmCreate',
    policies(
      () => own,
      () => plain,
    ),
  ],
  [
    'PbmDelete',
    policies(
      () => ({ id: SAMPLE_POLICY.id }),
      async ({ admin }) => ({ id: await admin.session.call(createPolicy, null, plain) }),
    ),
  ],
  [
    'PbmUpdate',
    policies(
      async ({ admin }) => ({ ...plain, id: await admin.session.call(createPolicy, null, own) }),
      async ({ admin }) => ({
        ...plain,
        description: 'other',
        id: await admin.session.call(createPolicy, null, plain),
      }),
    ),
  ],
  ['PbmQueryProfile', [service('StorageProfile.View on the root folder', () => ({}))]],
  ['AddAuthorizationRole', [service(ROLES, () => ({ name: 'own', privileges: [] }))]],
  [
    'UpdateAuthorizationRole',
    [service(ROLES, async (world) => ({ roleId: await world.roleWithout([]), name: 'own', privileges: [] }))],
  ],
  [
    'RemoveAuthorizationRole',
    [service(ROLES, async (world) => ({ roleId: await world.roleWithout([]), failIfUsed: true }))],
  ],
  ['CreateLocalPersonUser', [service(USERS, () => ({ name: 'new@vsphere.local' }))]],
  ['DeleteLocalPrincipal', [service(USERS, async (world) => ({ name: await world.user() }))]],
  [
    'SetEntityPermissions',
    [
      {
        ...NO_HOSTS,
        call: async (world) => ({
          object: null,
          args: {
            user: await world.user(),
            entity: world.hostFolder,
            roleId: await world.roleWithout([]),
            propagate: true,
          },
        }),
        refused: { [PERMISSIONS]: (world) => world.hostFolder },
      },
    ],
  ],
  [
    'RemoveEntityPermission',
    [
      {
        ...NO_HOSTS,
        call: async (world) => {
          const user = await world.user();
          await world.permit(user, await world.roleWithout([]), world.hostFolder, true);
          return { object: null, args: { user, entity: world.hostFolder } };
        },
        refused: { [PERMISSIONS]: (world) => world.hostFolder },
      },
    ],
  ],
  [
    'CancelTask',
    [
      {
        hosts: [ESX_1],
        call: (world) => waitingTask(world),
        refused: { 'Global.CancelTask on the object of the task': ({ vcenter }) => vcenter.vms()[0]!.id },
      },
      { hosts: [ESX_1], call: waitingTask, spared: ['Global.CancelTask on the object of the task'] },
    ],
  ],
]);
