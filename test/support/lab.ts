// A lab in real time with nothing put in its way: `vcryptsim kms serve` as a process of its own, a TCP relay before it
// that keeps the ciphertext, and a vCenter and one host in this process on the system's own clock, files and sockets.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { autoEngine } from '@vcryptsim/crypto-core';
import { EsxiHost } from '@vcryptsim/hypervisor';
import { certificateToPem, privateKeyToPem } from '@vcryptsim/pki';
import type { HostName, HostUuid, KeyPair, KeyServerName, ProviderId } from '@vcryptsim/ports';
import { OsFileSystem, SystemClock, SystemEntropy, SystemKeyPairs, TlsNetwork } from '@vcryptsim/ports/os';
import { ADMINISTRATOR, ROOT_FOLDER, VCenter } from '@vcryptsim/vcenter';
import {
  addHost,
  createCluster,
  createDatacenter,
  generateSelfSignedClientCert,
  registerKmipServer,
  retrieveKmipServerCert,
  uploadKmipServerCert,
} from '@vcryptsim/vcenter/catalogue';
import { type RunningCli, runCli, startServer } from './run-cli.js';
import { TcpRelay } from './tcp-relay.js';

export const PROVIDER = 'lab-kms' as ProviderId;
export const HOST = 'esx-1' as HostName;
const SERVER = 'kms-1' as KeyServerName;
const HOST_UUID = '4c4c4544-0000-4000-8000-000000000001' as HostUuid;

/** A certificate and its private key, PEM. */
export interface ClientIdentity {
  readonly cert: string;
  readonly key: Buffer;
}

type LabParts = Pick<Lab, 'folder' | 'kms' | 'relay' | 'vcenter' | 'host' | 'clientIdentity'>;

/** The lab, with what a second hand needs to look into it. */
export class Lab {
  readonly folder: string;
  readonly kms: RunningCli;
  readonly relay: TcpRelay;
  readonly vcenter: VCenter;
  readonly host: EsxiHost;
  /** vCenter as a KMIP client: for whoever wants to ask the KMS in its place. */
  readonly clientIdentity: ClientIdentity;
  readonly #undo: readonly (() => unknown)[];

  private constructor(parts: LabParts, undo: readonly (() => unknown)[]) {
    this.folder = parts.folder;
    this.kms = parts.kms;
    this.relay = parts.relay;
    this.vcenter = parts.vcenter;
    this.host = parts.host;
    this.clientIdentity = parts.clientIdentity;
    this.#undo = undo;
  }

  /** Sets everything up as an administrator does: KMS, trust both ways, cluster, host. Cleans up after itself on failure. */
  static async open(): Promise<Lab> {
    const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-lab-'));
    const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
    try {
      return await Lab.#build(folder, undo);
    } catch (error) {
      for (const step of undo.reverse()) await step();
      throw error;
    }
  }

  static async #build(folder: string, undo: (() => unknown)[]): Promise<Lab> {
    for (const name of ['kms', 'vcenter', 'host', 'datastore']) mkdirSync(join(folder, name));
    const kms = await startServer(['kms', 'serve', '--dir', join(folder, 'kms'), '--listen', '127.0.0.1:0']);
    undo.push(() => kms.stop());
    const relay = await TcpRelay.open(kms.ready.port);
    undo.push(() => relay.close());

    const clock = new SystemClock();
    const files = new OsFileSystem();
    const entropy = new SystemEntropy();
    const network = new TlsNetwork(clock);
    undo.push(() => network.dispose());
    const events = { emit: () => {} };
    const host = await EsxiHost.boot({
      name: HOST,
      uuid: HOST_UUID,
      version: '7.0U2',
      folder: join(folder, 'host'),
      datastores: [{ name: 'local', folder: join(folder, 'datastore') }],
      files,
      clock,
      entropy: entropy.fork(HOST, 1),
      events,
      engine: autoEngine(),
      incarnation: 1,
    });

    undo.push(() => host.shutDown());

    const made: KeyPair[] = [];
    const system = new SystemKeyPairs(clock);
    const vcenter = await VCenter.boot({
      name: 'vcenter',
      folder: join(folder, 'vcenter'),
      files,
      clock,
      entropy,
      network,
      keyPairs: {
        generate: async (kind) => {
          const pair = await system.generate(kind);
          made.push(pair);
          return pair;
        },
      },
      hosts: { connect: async () => host },
      events,
    });

    undo.push(() => vcenter.stop());

    const session = vcenter.login(ADMINISTRATOR, 'client');
    await session.call(registerKmipServer, null, {
      providerId: PROVIDER,
      server: { name: SERVER, address: { host: '127.0.0.1', port: relay.port } },
    });
    const certificate = await session.call(generateSelfSignedClientCert, null, { providerId: PROVIDER });
    const [pair] = made;
    if (pair === undefined) throw new Error('vCenter made no key pair');
    const clientIdentity = { cert: certificateToPem(certificate), key: Buffer.from(privateKeyToPem(pair.privateKey)) };
    writeFileSync(join(folder, 'vcenter-client.pem'), clientIdentity.cert);
    const known = await runCli([
      ...['kms', 'client', 'add', 'vcenter', '--dir', join(folder, 'kms')],
      ...['--cert', join(folder, 'vcenter-client.pem')],
    ]);
    if (known.exitCode !== 0) throw new Error(`kms client add: ${known.stderr}`);
    const server = { providerId: PROVIDER, server: SERVER };
    const trusted = await session.call(retrieveKmipServerCert, null, server);
    await session.call(uploadKmipServerCert, null, { ...server, certificate: trusted });

    await session.call(createDatacenter, ROOT_FOLDER, { name: 'dc-1' });
    const [datacenter] = vcenter.datacenters();
    if (datacenter === undefined) throw new Error('vCenter made no datacenter');
    const cluster = await session.call(createCluster, datacenter.hostFolder, { name: 'cluster-1' });
    const added = await session.run(addHost, cluster, { name: HOST });
    if (added.error) throw new Error(added.error.message);
    vcenter.start();
    return new Lab({ folder, kms, relay, vcenter, host, clientIdentity }, undo);
  }

  /** The content of a file of the lab. */
  read(...path: string[]): Buffer {
    return readFileSync(join(this.folder, ...path));
  }

  /** Ends everything, last begun first, and takes the folder away. */
  async close(): Promise<void> {
    for (const step of [...this.#undo].reverse()) await step();
  }
}
