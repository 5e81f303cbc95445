import { type Administrator, ClientRegistry, Registrar, type Registration, ServerPki } from '@vcryptsim/kms';
import { OsFileSystem, SystemClock, SystemEntropy, SystemKeyPairs } from '@vcryptsim/ports/os';
import { readAuthority } from './authority.js';
import { reachFolder } from './reach-folder.js';

/** What it takes to make identities and let them in. */
export interface Admission {
  readonly pki: ServerPki;
  readonly clients: ClientRegistry;
  readonly followers: ClientRegistry;
  readonly registration: Registration;
}

/**
 * Runs `work` with what it takes to let somebody in or shut him out: at the server that runs on the folder, else in the
 * folder itself. Each change is noted in the audit log. The store stays shut, so no root key is needed.
 *
 * @param folder absolute path of `DIR`
 * @throws CliError environment when it is no key server's folder; what `work` throws; PkiError, FileError
 */
export async function withRegistration<T>(
  folder: string,
  work: (registration: Registration) => Promise<T>,
): Promise<T> {
  const authority = await readAuthority(new OsFileSystem(), folder);
  return reach(folder, async () => authority, work);
}

/** The same with the folder's certificates, which are created if it is missing. */
export function withAdmission<T>(folder: string, work: (admission: Admission) => Promise<T>): Promise<T> {
  const files = new OsFileSystem();
  const clock = new SystemClock();
  const open = async () => {
    const keyPairs = new SystemKeyPairs(clock);
    return ServerPki.open({ folder: `${folder}/pki`, files, clock, entropy: new SystemEntropy(), keyPairs });
  };
  return reach(
    folder,
    async () => (await open()).authority.certificate,
    async (registration) => {
      const pki = await open();
      const authority = pki.authority.certificate;
      const clients = await ClientRegistry.open({ files, folder: `${folder}/clients`, authority });
      const followers = await ClientRegistry.open({ files, folder: `${folder}/followers`, authority });
      return work({ pki, clients, followers, registration });
    },
  );
}

function reach<T>(
  folder: string,
  authority: () => Promise<Uint8Array>,
  work: (registration: Registration) => Promise<T>,
): Promise<T> {
  return reachFolder(folder, {
    running: (administrator) => work(registrationAt(administrator)),
    closed: async () => {
      const registrar = await Registrar.open({
        folder,
        files: new OsFileSystem(),
        clock: new SystemClock(),
        entropy: new SystemEntropy(),
        authority: await authority(),
      });
      try {
        return await work(registrationBy(registrar));
      } finally {
        await registrar.close();
      }
    },
  });
}

function registrationAt(administrator: Administrator): Registration {
  const certified = (o: { readonly name: string; readonly certificate: Uint8Array }) => ({
    name: o.name,
    certificate: Buffer.from(o.certificate).toString('base64'),
  });
  return {
    addClient: async (o) =>
      (await administrator.perform<'client.add'>({ action: 'client.add', ...certified(o) })).client,
    addAuthority: async (o) =>
      (await administrator.perform<'client.authority'>({ action: 'client.authority', ...certified(o) })).client,
    setPassword: async ({ name, record }) => {
      const text = Buffer.from(record).toString('base64');
      return (await administrator.perform<'client.password'>({ action: 'client.password', name, record: text })).client;
    },
    revokeClient: async (name) =>
      (await administrator.perform<'client.revoke'>({ action: 'client.revoke', name })).closedConnections,
    addFollower: async (o) =>
      (await administrator.perform<'follower.add'>({ action: 'follower.add', ...certified(o) })).follower,
    revokeFollower: async (name) =>
      (await administrator.perform<'follower.revoke'>({ action: 'follower.revoke', name })).closedConnections,
  };
}

/** Where no server runs there are no connections to close. */
function registrationBy(registrar: Registrar): Registration {
  return {
    addClient: (o) => registrar.add(o),
    addAuthority: (o) => registrar.addAuthority(o),
    setPassword: (o) => registrar.setPassword(o),
    revokeClient: (name) => registrar.revoke(name).then(() => 0),
    addFollower: (o) => registrar.addFollower(o),
    revokeFollower: (name) => registrar.revokeFollower(name).then(() => 0),
  };
}
