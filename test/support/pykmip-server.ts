// PyKMIP's own key server with certificates of a lab authority of ours: the recipe of facts/kmip.md part 3.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateToPem, LabAuthority, privateKeyToPem } from '@vcryptsim/pki';
import { SystemClock, SystemEntropy, SystemKeyPairs } from '@vcryptsim/ports/os';

const DAY_MS = 86_400_000;
/** More than the 30 days from which on vCenter warns. */
const VALID_DAYS = 90;
/** Its start takes 3 to 8 s on an idle machine. */
const START_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 100;
// Debian's package belongs to Debian's interpreter; its TLS code needs Python 3.11 or older.
const PYTHON = '/usr/bin/python3';
const SERVE = 'import sys; from kmip.services.server.server import main; sys.exit(main())';

/** Why PyKMIP's server cannot run here, or null when it can. */
export function whyNoPykmipServer(): string | null {
  const has = spawnSync(PYTHON, ['-c', 'import kmip, ssl, sqlalchemy; ssl.wrap_socket']).status === 0;
  return has ? null : 'PyKMIP is not installed (Debian: python3-pykmip)';
}

/** A PyKMIP server with an empty database, and the files of one client that it knows. */
export class PykmipServer {
  private constructor(
    readonly folder: string,
    readonly host: string,
    readonly port: number,
    readonly client: { readonly cert: string; readonly key: string; readonly ca: string },
    private readonly child: ChildProcess,
  ) {}

  /** Makes certificates and a configuration in a folder of its own and waits until the server listens. */
  static async start(): Promise<PykmipServer> {
    const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-pykmip-server-'));
    try {
      const client = await makeCertificates(folder);
      const [host, port] = ['127.0.0.1', await freePort()];
      writeFileSync(join(folder, 'server.conf'), configuration(folder, host, port));
      mkdirSync(join(folder, 'policies'));
      const words = ['-c', SERVE, '-f', join(folder, 'server.conf'), '-l', join(folder, 'server.log')];
      const child = spawn(PYTHON, words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
      const server = new PykmipServer(folder, host, port, client, child);
      await server.#listening();
      return server;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** What it wrote into its log; with hex of every frame. */
  log(): string {
    return readFileSync(join(this.folder, 'server.log'), 'utf8');
  }

  /** Ends it (it has children of its own, which go with it) and removes its folder. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const ended = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #listening(): Promise<void> {
    let said = '';
    this.child.stderr?.on('data', (data) => (said += data));
    const untilMs = Date.now() + START_LIMIT_MS;
    while (Date.now() < untilMs && this.child.exitCode === null) {
      if (await answers(this.host, this.port)) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    this.child.kill('SIGTERM');
    throw new Error(`PyKMIP's server did not begin to listen: ${said}`);
  }
}

async function makeCertificates(folder: string): Promise<PykmipServer['client']> {
  const clock = new SystemClock();
  const keyPairs = new SystemKeyPairs(clock);
  const entropy = new SystemEntropy();
  const validity = { notBeforeMs: clock.nowMs - DAY_MS, notAfterMs: clock.nowMs + VALID_DAYS * DAY_MS };
  const authority = await LabAuthority.create({ keyPairs, entropy, clock, subject: 'CN=lab authority', validity });
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('ca.crt'), certificateToPem(authority.certificate));
  // It wants a common name and the use of a client spelled out.
  for (const usage of ['server', 'client'] as const) {
    const keyPair = await keyPairs.generate('rsa-2048');
    const names = usage === 'server' ? { alternativeNames: ['127.0.0.1', 'localhost'] } : {};
    const { chain } = await authority.issueIdentity({ subject: `CN=${usage}`, usage, keyPair, ...names, ...validity });
    writeFileSync(at(`${usage}.crt`), certificateToPem(chain[0] ?? new Uint8Array()));
    writeFileSync(at(`${usage}.key`), privateKeyToPem(keyPair.privateKey), { mode: 0o600 });
  }
  return { cert: at('client.crt'), key: at('client.key'), ca: at('ca.crt') };
}

function configuration(folder: string, host: string, port: number): string {
  const at = (name: string): string => join(folder, name);
  const settings = {
    hostname: host,
    port,
    certificate_path: at('server.crt'),
    key_path: at('server.key'),
    ca_path: at('ca.crt'),
    auth_suite: 'TLS1.2',
    policy_path: at('policies'),
    enable_tls_client_auth: 'True',
    logging_level: 'INFO',
    database_path: at('pykmip.db'),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return ['[server]', ...lines, ''].join('\n');
}

/** A port of the loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
