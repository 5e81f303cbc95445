// PyKMIP's server as a process of its own, with certificates made by openssl (facts/kmip.md part 3, "exact recipe").
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

const PROGRAM = 'pykmip-server';
const START_LIMIT_MS = 60_000;

/** Says whether PyKMIP's server can run here. */
export function hasPykmipServer(): boolean {
  return spawnSync('sh', ['-c', `command -v ${PROGRAM}`]).status === 0;
}

/** Files of one identity, PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** A running PyKMIP server, its authority and one client that it lets in. */
export class PykmipServer {
  readonly client: Identity;
  /** A client certificate without Extended Key Usage, as vCenter's own: PyKMIP refuses it. */
  readonly clientWithoutUsage: Identity;
  #process: ChildProcess;

  private constructor(
    readonly folder: string,
    readonly port: number,
    process: ChildProcess,
  ) {
    this.#process = process;
    this.client = this.#identity('client');
    this.clientWithoutUsage = this.#identity('without-usage');
  }

  get ca(): string {
    return join(this.folder, 'ca.crt');
  }

  /** Makes certificates in a new folder and starts the server on a free port. */
  static async start(folder: string): Promise<PykmipServer> {
    mkdirSync(join(folder, 'policies'), { recursive: true });
    makeCertificates(folder);
    const port = await freePort();
    writeFileSync(join(folder, 'server.conf'), configuration(folder, port));
    const process = launch(folder);
    const server = new PykmipServer(folder, port, process);
    await answers(port);
    return server;
  }

  /** Stops it and starts it again on the same port and database. */
  async restart(): Promise<void> {
    await this.stop();
    this.#process = launch(this.folder);
    await answers(this.port);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const closed = once(this.#process, 'close');
    this.#process.kill('SIGTERM');
    await closed;
  }

  #identity(name: string): Identity {
    return { cert: join(this.folder, `${name}.crt`), key: join(this.folder, `${name}.key`) };
  }
}

function launch(folder: string): ChildProcess {
  // The log needs a folder part, or the server stops at its start.
  const words = ['-f', join(folder, 'server.conf'), '-l', join(folder, 'server.log')];
  return spawn(PROGRAM, words, { stdio: 'ignore' });
}

function configuration(folder: string, port: number): string {
  const lines = {
    hostname: '127.0.0.1',
    port,
    certificate_path: join(folder, 'server.crt'),
    key_path: join(folder, 'server.key'),
    ca_path: join(folder, 'ca.crt'),
    auth_suite: 'TLS1.2',
    policy_path: join(folder, 'policies'),
    enable_tls_client_auth: 'True',
    logging_level: 'INFO',
    database_path: join(folder, 'pykmip.db'),
  };
  return ['[server]', ...Object.entries(lines).map(([name, value]) => `${name}=${value}`), ''].join('\n');
}

function makeCertificates(folder: string): void {
  const at = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'ignore' });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout'];
  const usage = ['-addext', 'keyUsage=critical,keyCertSign'];
  openssl('req', '-x509', ...key, at('ca.key'), '-out', at('ca.crt'), '-subj', '/CN=lab ca', '-days', '3', ...usage);
  const leaves = {
    server: 'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n',
    client: 'extendedKeyUsage=clientAuth\n',
    'without-usage': 'subjectAltName=DNS:vcenter\n',
  };
  for (const [name, extensions] of Object.entries(leaves)) {
    writeFileSync(at(`${name}.ext`), extensions);
    openssl('req', ...key, at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
    const signer = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at(`${name}.ext`)];
    openssl('x509', '-req', '-in', at(`${name}.csr`), '-out', at(`${name}.crt`), '-days', '3', ...signer);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answers(port: number): Promise<void> {
  const untilMs = Date.now() + START_LIMIT_MS;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return;
    if (Date.now() > untilMs) throw new Error(`PyKMIP's server does not listen on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
