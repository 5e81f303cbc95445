import { ClientRegistry, Registrar, ServerPki } from '@vcryptsim/kms';
import { assert } from '@vcryptsim/ports';
import { OsFileSystem, SystemClock, SystemEntropy, SystemKeyPairs } from '@vcryptsim/ports/os';
import { reachFolder } from './reach-folder.js';

/** What it takes to let a client in. */
export interface Registration {
  readonly pki: ServerPki;
  readonly registry: ClientRegistry;
  /** Lets the client in, noted in the audit log. Throws KmsError CLIENT_*, STORE_UNWRITABLE. */
  add(name: string, certificate: Uint8Array): Promise<void>;
}

/**
 * Runs `work` with what it takes to let a client in: at the server that runs on the folder, else in the folder itself,
 * whose certificates are made if need be. The store stays shut, so no root key is needed.
 *
 * @param folder absolute path of `DIR`
 * @throws what `work` throws; CliError, PkiError, FileError
 */
export function withRegistration<T>(folder: string, work: (registration: Registration) => Promise<T>): Promise<T> {
  const files = new OsFileSystem();
  const clock = new SystemClock();
  const open = async () => {
    const keyPairs = new SystemKeyPairs(clock);
    const pki = await ServerPki.open({ folder: `${folder}/pki`, files, clock, entropy: new SystemEntropy(), keyPairs });
    const authority = pki.authority.certificate;
    const registry = await ClientRegistry.open({ files, folder: `${folder}/clients`, authority });
    return { pki, registry, authority };
  };
  return reachFolder(folder, {
    running: async (administrator) => {
      const { pki, registry } = await open();
      const add = async (name: string, certificate: Uint8Array) => {
        const text = Buffer.from(certificate).toString('base64');
        const { client } = await administrator.perform<'client.add'>({ action: 'client.add', name, certificate: text });
        assert(client === name, 'the client that was added is the one that was asked for');
        await registry.refresh();
      };
      return work({ pki, registry, add });
    },
    closed: async () => {
      const { pki, registry, authority } = await open();
      const registrar = await Registrar.open({ folder, files, clock, authority });
      try {
        const add = async (name: string, certificate: Uint8Array) => {
          await registrar.add({ name, certificate });
          await registry.refresh();
        };
        return await work({ pki, registry, add });
      } finally {
        await registrar.close();
      }
    },
  });
}
