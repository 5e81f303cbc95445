import { X509Certificate } from 'node:crypto';
import { PkiError, verifyPeer } from '@vcryptsim/pki';
import type { Clock, FileSystem, KeyServerName, ProviderId } from '@vcryptsim/ports';
import { ADMINISTRATOR, type VCenter, VCenterError } from '@vcryptsim/vcenter';
import {
  generateSelfSignedClientCert,
  markDefault,
  registerKmipServer,
  retrieveKmipServerCert,
  retrieveKmipServersStatus,
  uploadClientCert,
  uploadKmipServerCert,
} from '@vcryptsim/vcenter/catalogue';
import { LabError } from '../errors/lab-error.js';
import type { ExternalKms } from '../topology/external-kms.js';
import { readKeyServerAccess } from './key-server-access.js';
import type { KeyServerRack } from './key-server-rack.js';

/** The provider that vCenter is to have, with its servers in their order. */
export interface ProviderPlan {
  readonly providerId: ProviderId;
  readonly nodes: readonly KeyServerName[];
}

/** Each side learns the other's certificate, as an administrator does it: the provider is registered, then trusted. */
export async function trustOwnKeyServers(
  vcenter: VCenter,
  client: string,
  keyServers: KeyServerRack,
  { providerId, nodes }: ProviderPlan,
): Promise<void> {
  const session = vcenter.login(ADMINISTRATOR, 'client');
  for (const name of nodes) {
    await session.call(registerKmipServer, null, { providerId, server: { name, address: { name } } });
  }
  const certificate = await session.call(generateSelfSignedClientCert, null, { providerId });
  await keyServers.addClient(client, certificate);
  for (const server of nodes) {
    await session.call(uploadKmipServerCert, null, {
      providerId,
      server,
      certificate: keyServers.certificateOf(server),
    });
  }
}

/** Has new keys come from a provider. */
export async function makeDefault(vcenter: VCenter, { providerId }: ProviderPlan): Promise<void> {
  await vcenter.login(ADMINISTRATOR, 'client').call(markDefault, null, { providerId });
}

/**
 * Has vCenter use the certificate, key and password that an external key server knows it by, trust the certificate that
 * the server shows if it is what was expected, and see whether it answers.
 *
 * @throws LabError BAD_CREDENTIALS, KEY_SERVER_UNUSABLE; FileError
 */
export async function trustExternalKms(
  vcenter: VCenter,
  external: ExternalKms,
  { providerId, nodes }: ProviderPlan,
  world: { readonly files: FileSystem; readonly clock: Clock },
): Promise<void> {
  const session = vcenter.login(ADMINISTRATOR, 'client');
  const { identity, trusted, credential } = await readKeyServerAccess(world.files, external);
  const authorities = trusted.filter((der) => new X509Certificate(der).ca);
  try {
    for (const name of nodes) {
      const login = credential === null ? {} : { userName: credential.username };
      const password = credential === null ? {} : { password: credential.password };
      const server = { name, address: { name }, ...login };
      await session.call(registerKmipServer, null, { providerId, server, ...password });
    }
    await session.call(uploadClientCert, null, { providerId, identity });
    for (const server of nodes) {
      const certificate = await session.call(retrieveKmipServerCert, null, { providerId, server });
      await verifyPeer([certificate], { pins: trusted, authorities }, world.clock.nowMs);
      await session.call(uploadKmipServerCert, null, { providerId, server, certificate });
    }
    await session.call(markDefault, null, { providerId });
    await session.run(retrieveKmipServersStatus, null, {});
  } catch (error) {
    if (error instanceof PkiError || error instanceof VCenterError) throw unusable(external, error.message);
    throw error;
  } finally {
    credential?.password.fill(0);
  }
  const [sick] = vcenter.keyServerStatus().filter(({ status }) => status !== 'green');
  if (sick) throw unusable(external, `${sick.connectionStatus}.`);
}

function unusable({ address: { host, port } }: ExternalKms, why: string): LabError {
  const nextStep = `Try it with: vcryptsim kmip check ${host}:${port}`;
  return new LabError('KEY_SERVER_UNUSABLE', `The key server ${host}:${port} cannot be used: ${why} ${nextStep}`);
}
