// A leader and a follower as processes: `kms serve --replicate` and `kms serve --follow`.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KmipClient } from '@vcryptsim/kmip-lite/client';
import { certificatesFromPem, peerJudge, privateKeyFromPem } from '@vcryptsim/pki';
import type { KeyId } from '@vcryptsim/ports';
import { SystemClock, TlsNetwork } from '@vcryptsim/ports/os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasStackTrace, type RunningCli, runCli, startServer } from '../support/run-cli.js';

const AES_256 = { algorithm: 'AES', lengthBits: 256, usageMask: 0x0c } as const;
const clock = new SystemClock();
const network = new TlsNetwork(clock);
let folder: string;
let replicationPort: number;
const running = new Map<string, RunningCli>();
const at = (...names: string[]) => join(folder, ...names);

async function start(node: 'a' | 'b'): Promise<void> {
  const cluster = node === 'a' ? ['--replicate'] : ['--follow'];
  const words = ['kms', 'serve', '--dir', at(node), '--node', `kms-${node}`, '--listen', '127.0.0.1:0'];
  running.set(node, await startServer([...words, ...cluster, `127.0.0.1:${replicationPort}`]));
}

async function stop(node: 'a' | 'b'): Promise<number | null> {
  const server = running.get(node);
  running.delete(node);
  return (await server?.stop()) ?? null;
}

/** The same client at either node, which knows it by its certificate. */
function clientOf(node: 'a' | 'b'): KmipClient {
  const pem = (name: string) => certificatesFromPem(readFileSync(name, 'utf8'));
  const identity = {
    chain: pem(at('vcenter', 'cert.pem')),
    privateKey: privateKeyFromPem(readFileSync(at('vcenter', 'key.pem'))),
  };
  const judge = peerJudge({ pins: [], authorities: pem(at(node, 'pki', 'ca.pem')) }, clock, '127.0.0.1');
  const address = { host: '127.0.0.1', port: running.get(node)?.ready.port ?? 0 };
  return new KmipClient({
    connect: (signal) => network.connect(address, { identity, judge, signal }),
    clock,
    timeoutMs: 5_000,
  });
}

const create = (node: 'a' | 'b') => clientOf(node).session((session) => session.create(AES_256));
const get = (node: 'a' | 'b', id: KeyId) =>
  clientOf(node).session(async (session) => (await session.get(id, { take: (view) => Uint8Array.from(view) })).taken);

/** Asks until the answer is another than Item Not Found. */
async function getOnceThere(id: KeyId): Promise<Uint8Array> {
  for (let left = 100; ; left--) {
    try {
      return await get('b', id);
    } catch (error) {
      if (left === 0 || !(error instanceof Error && 'reason' in error && error.reason === 'ItemNotFound')) throw error;
      await clock.after(50);
    }
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcryptsim-cluster-'));
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  replicationPort = (holder.address() as { port: number }).port;
  await new Promise((resolve) => holder.close(resolve));
  mkdirSync(at('b'));
  await runCli(['kms', 'client', 'add', 'vcenter', '--dir', at('a'), '--out', at('vcenter')]);
  await runCli(['kms', 'client', 'add', 'vcenter', '--dir', at('b'), '--cert', at('vcenter', 'cert.pem')]);
  const added = await runCli(['kms', 'follower', 'add', 'kms-b', '--dir', at('a'), '--out', at('b', 'link')]);
  expect(added.exitCode).toBe(0);
  await start('a');
});
afterAll(async () => {
  for (const server of running.values()) await server.stop();
  await network.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe('two key servers in processes of their own', () => {
  it('a follower without the root key, or with another, does not start', async () => {
    const words = [
      'kms',
      'serve',
      '--dir',
      at('b'),
      '--listen',
      '127.0.0.1:0',
      '--follow',
      `127.0.0.1:${replicationPort}`,
    ];
    const without = await runCli(words);
    expect([without.exitCode, without.stderr]).toEqual([3, expect.stringContaining('root.key')]);
    writeFileSync(at('wrong.key'), Buffer.alloc(32, 7), { mode: 0o600 });
    const wrong = await runCli([...words, '--root-key', at('wrong.key')]);
    expect([wrong.exitCode, wrong.stderr]).toEqual([3, expect.stringContaining('wrong.key')]);
    const stranger = await runCli([...words, '--link', at('nowhere')]);
    expect([stranger.exitCode, stranger.stderr]).toEqual([3, expect.stringContaining('kms follower add')]);
    expect(hasStackTrace(without.stderr + wrong.stderr + stranger.stderr)).toBe(false);
    copyFileSync(at('a', 'root.key'), at('b', 'root.key'));
  });

  it('the follower gives out what the leader made, refuses to make any, and outlives the leader', async () => {
    await start('b');
    const id = await create('a');
    const bytes = await getOnceThere(id);
    expect(bytes).toEqual(await get('a', id));
    await expect(create('b')).rejects.toMatchObject({
      reason: 'PermissionDenied',
      resultMessage: 'This node follows kms-a and takes no changes; make them at kms-a.',
    });
    const status = async (node: 'a' | 'b') =>
      JSON.parse((await runCli(['kms', 'status', '--dir', at(node), '--json'])).stdout);
    expect(await status('a')).toMatchObject({ role: 'leader', followers: [{ name: 'kms-b' }] });
    expect(await status('b')).toMatchObject({ role: 'follower', leader: 'kms-a', isLinked: true });
    expect(await stop('a')).toBe(0);
    expect(await get('b', id)).toEqual(bytes);
    const alone = await runCli(['kms', 'status', '--dir', at('b')]);
    expect(alone.stdout).toMatch(/^Follower of kms-a, last write \d+\.\nNot linked \([A-Z_]+\); heard 20/);
    expect((await runCli(['kms', 'status', '--dir', at('a')])).exitCode).toBe(3);
    await start('a');
    const later = await create('a');
    expect(await getOnceThere(later)).toHaveLength(32);
  });

  it('the follower goes on where it was, and its folder is not served as a leader’s', async () => {
    expect(await stop('b')).toBe(0);
    const id = await create('a');
    await start('b');
    expect(await getOnceThere(id)).toHaveLength(32);
    expect(await stop('b')).toBe(0);
    const alone = await runCli(['kms', 'serve', '--dir', at('b'), '--listen', '127.0.0.1:0']);
    expect([alone.exitCode, alone.stderr]).toEqual([3, expect.stringContaining('--follow')]);
  });
});
