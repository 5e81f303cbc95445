// Kills a serving key server at random moments and looks whether it kept what its answers had promised.
//   npm run kms:kill9 [-- --n 200] [--seed 7] [--plant write-behind]
// Four connections make, read, activate, revoke and destroy keys as fast as they can while `vcryptsim kms serve` (built)
// dies by SIGKILL: mostly under that load, sometimes while it starts. After each restart every living key and every key
// that was asked for since is looked at, at the end all of them. The seed chooses steps and moments; where in its work
// the server is then, is up to the machine. Last line: {"kills":N,"lost":0,"resurrected":0}. Exit 1 when not both are 0.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SystemClock, TlsNetwork } from '@vcryptsim/ports/os';
import { verifyChain } from '../dist/index.js';
import { clientOf, look, work } from './kill9-client.mjs';
import { History } from './kill9-history.mjs';

const BIN = fileURLToPath(new URL('../../cli/bin/vcryptsim.js', import.meta.url));
const PLANTS = { 'write-behind': new URL('kill9-write-behind.mjs', import.meta.url).href };
const WORKERS = 4;
const LOAD_MS = 150;
/** One start in so many is killed before it is ready. */
const KILLED_AT_START = 8;
const START_MS = 400;

const { values } = parseArgs({
  options: {
    n: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    plant: { type: 'string' },
  },
});
const [kills, seed] = [Number(values.n), Number(values.seed)];
if (
  !Number.isSafeInteger(kills) ||
  kills < 1 ||
  !Number.isSafeInteger(seed) ||
  (values.plant && !PLANTS[values.plant])
) {
  process.stderr.write(`--n wants a number from 1 on, --seed a whole number, --plant one of ${Object.keys(PLANTS)}\n`);
  process.exit(2);
}

/** Whole numbers from 0 to below `bound` (mulberry32). */
let word = seed >>> 0;
function random(bound) {
  word = (word + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(word ^ (word >>> 15), word | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
}

const say = (line) => process.stdout.write(`${line}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const folder = await mkdtemp(join(tmpdir(), 'kms-kill9-'));
const place = join(folder, 'client');
const clock = new SystemClock();
const network = new TlsNetwork(clock);
const history = new History();
const children = new Set();
let [lost, resurrected] = [0, 0];

function run(words, plant) {
  const preload = plant == null ? [] : ['--import', PLANTS[plant]];
  const child = spawn(process.execPath, [...preload, BIN, 'kms', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.complaint = '';
  child.stderr.on('data', (text) => (child.complaint += text));
  child.over = once(child, 'close');
  children.add(child);
  child.over.then(() => children.delete(child));
  return child;
}

const serve = (plant = values.plant) => run(['serve', '--dir', join(folder, 'kms'), '--listen', '127.0.0.1:0'], plant);

async function ready(server) {
  let printed = '';
  for await (const text of server.stdout) {
    printed += text;
    if (printed.endsWith('\n')) return JSON.parse(printed.trim().split('\n').at(-1)).port;
  }
  throw new Error(`the key server did not start again: ${server.complaint}`);
}

async function lookAt(client, ids) {
  const found = await look(client, history, ids);
  lost += found.lost;
  resurrected += found.resurrected;
}

async function killUnderLoad() {
  const server = serve();
  const client = await clientOf({ place, port: await ready(server), network, clock });
  await lookAt(client, history.due());
  const living = history.living();
  const workers = Array.from({ length: WORKERS }, (_, worker) => {
    const own = living.filter((_, place) => place % WORKERS === worker);
    return work(client, history, random, own);
  });
  // Waited for from now on: a worker that fails earlier than the server must not end this process, and leave the server.
  const working = Promise.allSettled(workers);
  await sleep(random(LOAD_MS));
  server.kill('SIGKILL');
  await server.over;
  for (const ended of await working) {
    if (ended.status === 'rejected') throw ended.reason;
    lost += ended.value;
  }
}

async function killAtStart() {
  const server = serve();
  await sleep(random(START_MS));
  server.kill('SIGKILL');
  await server.over;
}

try {
  say(`seed ${seed}`);
  const added = run(['client', 'add', 'worker', '--dir', join(folder, 'kms'), '--out', place]);
  const [code] = await added.over;
  if (code !== 0) throw new Error(`kms client add: ${added.complaint}`);
  const first = serve(null);
  await ready(first);
  first.kill('SIGTERM');
  await first.over;
  for (let kill = 1; kill <= kills; kill++) {
    if (kill > 1 && random(KILLED_AT_START) === 0) await killAtStart();
    else await killUnderLoad();
    if (kill % 20 === 0) process.stderr.write(`${kill} kills, ${history.size} keys\n`);
  }
  const server = serve();
  await lookAt(await clientOf({ place, port: await ready(server), network, clock }), history.all());
  server.kill('SIGTERM');
  await server.over;
  const lines = (await readFile(join(folder, 'kms', 'audit.jsonl'), 'utf8')).split('\n').slice(0, -1);
  const chain = await verifyChain(lines);
  say(
    `${history.size} keys were answered; the audit chain of ${lines.length} lines ${chain.ok ? 'holds' : 'is broken'}`,
  );
  process.exitCode = lost === 0 && resurrected === 0 && chain.ok ? 0 : 1;
} catch (error) {
  // A server that cannot open its own folder has lost everything in it.
  say(error.message);
  lost += 1;
  process.exitCode = 1;
} finally {
  for (const child of children) child.kill('SIGKILL');
  await network.dispose();
  await rm(folder, { recursive: true, force: true });
}
say(JSON.stringify({ kills, lost, resurrected }));
