import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MeasuredServer, stop, withKey } from './measured-server.js';

// Debian's package belongs to Debian's interpreter; its TLS code needs Python 3.11 or older.
const PYTHON = '/usr/bin/python3';
const START_MS = 30_000;

/** Versions of PyKMIP, its interpreter and its OpenSSL in words, or null where PyKMIP's server cannot run. */
export function pykmipVersion(): string | null {
  const lookUp = [
    'import kmip, platform, ssl, sqlalchemy; ssl.wrap_socket',
    'from importlib.metadata import version',
    'print("PyKMIP", version("PyKMIP") + ", Python", platform.python_version() + ",", ssl.OPENSSL_VERSION)',
  ].join('\n');
  const { status, stdout } = spawnSync(PYTHON, ['-c', lookUp], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/**
 * Starts PyKMIP's server (facts/kmip.md part 3) with its database in a folder and with the certificates that our own
 * server made: the same RSA keys on both sides. It logs warnings only, which is its fastest setting.
 *
 * @param folder made, for everything it writes
 * @param pki folder of the certificates: `ca.pem`, `server.pem`, `server.key`
 * @param identity folder of the client's certificates
 */
export async function startPykmipServer(folder: string, pki: string, identity: string): Promise<MeasuredServer> {
  mkdirSync(join(folder, 'policy'), { recursive: true });
  const port = await freePort();
  const settings = {
    hostname: '127.0.0.1',
    port,
    certificate_path: join(pki, 'server.pem'),
    key_path: join(pki, 'server.key'),
    ca_path: join(pki, 'ca.pem'),
    auth_suite: 'TLS1.2',
    policy_path: join(folder, 'policy'),
    enable_tls_client_auth: 'True',
    logging_level: 'WARNING',
    database_path: join(folder, 'pykmip.db'),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  writeFileSync(join(folder, 'server.conf'), `[server]\n${lines.join('\n')}\n`);
  const main = 'from kmip.services.server.server import main; main()';
  const words = ['-c', main, '-f', join(folder, 'server.conf'), '-l', join(folder, 'server.log')];
  const child = spawn(PYTHON, words, { stdio: 'ignore' });
  for (const deadline = Date.now() + START_MS; ; ) {
    try {
      return await withKey({ host: '127.0.0.1', port, identity }, () => stop(child));
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await stop(child);
        throw error;
      }
      await sleep(200);
    }
  }
}

/** A port that nobody has; PyKMIP takes no 0. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
