import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hasSucceeded, keyMaterial, uniqueIdentifier } from './answer-frames.js';
import { clientContext, RawConnection, type ServerAccess } from './raw-connection.js';
import { createFrame, getFrame } from './request-frames.js';

/** A server under measurement, in a process of its own, and a key in it. */
export interface MeasuredServer {
  readonly access: ServerAccess;
  readonly keyId: string;
  /** SHA-256 of the key's bytes, hex. */
  readonly keySha256: string;
  stop(): Promise<void>;
}

/**
 * Starts `vcryptsim kms serve` on a folder, as a user does, with one client.
 *
 * @param command how the program is called: executable, then its first arguments
 * @param folder for everything: `kms/` and the client's `client/`
 * @param options of `kms serve`
 */
export async function startOwnServer(
  command: readonly string[],
  folder: string,
  options: readonly string[] = [],
): Promise<MeasuredServer> {
  const [executable = '', ...words] = command;
  const dir = join(folder, 'kms');
  const identity = join(folder, 'client');
  await ended(spawn(executable, [...words, 'kms', 'client', 'add', 'bench', '--dir', dir, '--out', identity]));
  const serve = ['kms', 'serve', '--dir', dir, '--listen', '127.0.0.1:0', ...options];
  const child = spawn(executable, [...words, ...serve]);
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    if (!line.startsWith('{"ready":true')) continue;
    const { host, port } = JSON.parse(line) as { host: string; port: number };
    return withKey({ host, port, identity }, () => stop(child));
  }
  throw new Error('kms serve ended before it was ready');
}

/** Makes the key that the loads ask for. */
export async function withKey(access: ServerAccess, stopServer: () => Promise<void>): Promise<MeasuredServer> {
  const connection = await RawConnection.open(access, clientContext(access));
  const created = await connection.exchange(createFrame());
  const keyId = uniqueIdentifier(created);
  if (!hasSucceeded(created) || keyId === null) throw new Error('the server made no key');
  const key = keyMaterial(await connection.exchange(getFrame(keyId)));
  if (key === null) throw new Error('the server does not hand out its key');
  const keySha256 = createHash('sha256').update(key).digest('hex');
  connection.close();
  return { access, keyId, keySha256, stop: stopServer };
}

/** Asks a process to end and waits for it. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

async function ended(child: ChildProcess): Promise<void> {
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with code ${code}: ${complaint}`);
}
