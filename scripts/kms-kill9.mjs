// Kills a serving key server at random moments and looks whether it kept its word.
//   npm run kms:kill9 [-- --n 200]
// A client makes, activates, revokes and destroys keys as fast as it can and notes each answer; the server dies by
// SIGKILL in the middle, is started again, and every answered key must be there, every destroyed one gone. Last line:
// {"kills":N,"lost":0,"resurrected":0}. Exit 1 when something was lost or came back.
import { spawn } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KmipClient } from '@vcryptsim/kmip-lite/client';
import { verifyChain } from '@vcryptsim/kms';
import { certificatesFromPem, peerJudge, privateKeyFromPem } from '@vcryptsim/pki';
import { SystemClock, TlsNetwork } from '@vcryptsim/ports/os';

const BIN = fileURLToPath(new URL('../packages/cli/bin/vcryptsim.js', import.meta.url));
const { values } = parseArgs({ options: { n: { type: 'string', default: '200' } } });
const kills = Number(values.n);
const folder = await mkdtemp(join(tmpdir(), 'kms-kill9-'));
const clock = new SystemClock();
const network = new TlsNetwork(clock);

/** What the client was answered: digest of the key, or `destroyed`; `unsure` while a destroy is on its way. */
const answered = new Map();
let [lost, resurrected, done] = [0, 0, 0];

const run = (...words) => spawn(process.execPath, [BIN, 'kms', ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
const ended = (child) => new Promise((resolve) => child.once('exit', resolve));

async function serve() {
  const server = run('serve', '--dir', `${folder}/kms`, '--listen', '127.0.0.1:0');
  let out = '';
  const port = await new Promise((resolve, reject) => {
    server.once('exit', () => reject(new Error('the key server did not start again')));
    server.stdout.on('data', (chunk) => {
      out += chunk;
      if (out.endsWith('\n')) resolve(JSON.parse(out).port);
    });
  });
  return { server, port };
}

async function clientOf(port) {
  const place = `${folder}/kms/clients/worker`;
  const chain = certificatesFromPem(await readFile(`${place}/cert.pem`, 'utf8'));
  const privateKey = privateKeyFromPem(await readFile(`${place}/key.pem`));
  const authorities = certificatesFromPem(await readFile(`${place}/ca.pem`, 'utf8'));
  const judge = peerJudge({ pins: [], authorities }, clock, '127.0.0.1');
  const identity = { chain, privateKey };
  const connect = (signal) => network.connect({ host: '127.0.0.1', port }, { identity, judge, signal });
  return new KmipClient({ connect, clock, timeoutMs: 10_000 });
}

const digestOf = { take: (view) => createHash('sha256').update(view).digest('hex') };

/** Works until the connection breaks. */
async function work(client) {
  await client.session(async (session) => {
    for (;;) {
      const id = await session.create({ algorithm: 'AES', lengthBits: 256, usageMask: 0x0c });
      answered.set(id, (await session.get(id, digestOf)).taken);
      done += 1;
      if (randomInt(3) === 0) {
        answered.set(id, 'unsure');
        await session.perform('Destroy', { uniqueIdentifier: id });
        answered.set(id, 'destroyed');
      } else if (randomInt(2) === 0) await session.activate(id);
    }
  });
}

async function check(client) {
  await client.session(async (session) => {
    for (const [id, expected] of answered) {
      const found = await session.get(id, digestOf).then(
        ({ taken }) => taken,
        (error) => (error.reason === 'ItemNotFound' ? 'destroyed' : Promise.reject(error)),
      );
      if (expected === 'unsure') answered.set(id, found);
      else if (expected === 'destroyed' && found !== 'destroyed') resurrected += 1;
      else if (expected !== found) lost += 1;
    }
  });
}

try {
  await ended(run('client', 'add', 'worker', '--dir', `${folder}/kms`));
  for (let kill = 0; kill < kills; kill++) {
    const { server, port } = await serve();
    const client = await clientOf(port);
    // The older ones were checked before: a sample of the newest keeps each round short.
    for (const id of [...answered.keys()].slice(0, -500)) answered.delete(id);
    await check(client);
    const workers = [1, 2, 3].map(() => work(client).catch(() => {}));
    setTimeout(() => server.kill('SIGKILL'), randomInt(5, 250));
    await ended(server);
    await Promise.all(workers);
    if ((kill + 1) % 20 === 0) process.stderr.write(`${kill + 1} kills, ${done} keys\n`);
  }
  const { server, port } = await serve();
  await check(await clientOf(port));
  server.kill('SIGTERM');
  await ended(server);
  const lines = (await readFile(`${folder}/kms/audit.jsonl`, 'utf8')).split('\n').slice(0, -1);
  const { ok } = await verifyChain(lines);
  console.log(JSON.stringify({ kills, lost, resurrected, keys: done, auditHolds: ok }));
  process.exitCode = lost === 0 && resurrected === 0 && ok ? 0 : 1;
} finally {
  await network.dispose();
  await rm(folder, { recursive: true, force: true });
}
