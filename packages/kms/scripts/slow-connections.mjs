// A thousand silent and a thousand slow connections against `vcryptsim kms serve` (built): what does a good client notice?
//   npm run kms:slowloris [-- --silent 1000 --slow 1000 --seconds 20]
// The good client asks for a key on a connection that it keeps, and opens new ones meanwhile; once before the crowd of
// slow-connections-crowd.mjs comes and once while it is there. Prints its times, the server's memory and last one line of
// JSON. Exit 1 when the good client was refused anything, or one of its p99 with the crowd is above 250 ms.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SystemClock, TlsNetwork } from '@vcryptsim/ports/os';
import { AES_256, clientOf } from './kill9-client.mjs';

const BIN = fileURLToPath(new URL('../../cli/bin/vcryptsim.js', import.meta.url));
const CROWD = fileURLToPath(new URL('slow-connections-crowd.mjs', import.meta.url));
const BAR_MS = 250;
const BEFORE_SECONDS = 4;
const GET_EVERY_MS = 5;
const CONNECT_EVERY_MS = 100;

const { values } = parseArgs({
  options: {
    silent: { type: 'string', default: '1000' },
    slow: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
  },
});
const [silent, slow, seconds] = [values.silent, values.slow, values.seconds].map(Number);
if (![silent, slow, seconds].every((number) => Number.isSafeInteger(number) && number >= 0)) {
  process.stderr.write('--silent, --slow and --seconds want whole numbers\n');
  process.exit(2);
}

const say = (line) => process.stdout.write(`${line}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const folder = await mkdtemp(join(tmpdir(), 'kms-slow-'));
const dir = join(folder, 'kms');
const clock = new SystemClock();
const network = new TlsNetwork(clock);
const children = new Set();

function start(words) {
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'ignore'] });
  children.add(child);
  return child;
}

/** Turns of a good client for so long, one after the other at a pace of its own. */
async function pace(turn, everyMs, forMs, refused) {
  const times = [];
  for (const end = performance.now() + forMs; performance.now() < end; await sleep(everyMs)) {
    const from = performance.now();
    try {
      await turn();
    } catch (error) {
      refused.push(error.message);
    }
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const at = (part) => Number((times[Math.floor(times.length * part)] ?? 0).toFixed(2));
  return { turns: times.length, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Resident memory of a process in KiB, or null where the system does not tell. */
function memoryKiB(pid) {
  try {
    return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
  } catch {
    return null;
  }
}

try {
  for (const name of ['good', 'slow']) {
    await once(start([BIN, 'kms', 'client', 'add', name, '--dir', dir, '--out', join(folder, name)]), 'close');
  }
  const server = start([BIN, 'kms', 'serve', '--dir', dir, '--listen', '127.0.0.1:0']);
  const [ready] = await once(createInterface({ input: server.stdout }), 'line');
  const { port } = JSON.parse(ready);
  const client = await clientOf({ place: join(folder, 'good'), port, network, clock });
  const refused = [];
  const session = await client.open();
  const id = await session.create(AES_256);
  const take = () => {};
  const measure = async (forMs) => {
    const [get, connect] = await Promise.all([
      pace(() => session.get(id, { take }), GET_EVERY_MS, forMs, refused),
      pace(() => client.session((other) => other.get(id, { take })), CONNECT_EVERY_MS, forMs, refused),
    ]);
    return { get, connect };
  };

  await measure(1000); // code gets warm
  const before = { ...(await measure(BEFORE_SECONDS * 1000)), memoryKiB: memoryKiB(server.pid) };
  say(`before  ${JSON.stringify(before)}`);

  const crowd = start([CROWD, String(port), String(silent), String(slow), join(folder, 'slow')]);
  let seen = null;
  let most = { open: 0, memoryKiB: 0 };
  createInterface({ input: crowd.stdout }).on('line', (line) => {
    seen = JSON.parse(line);
    const open = seen.silent.open + seen.hello.open + seen.request.open;
    if (open >= most.open) most = { open, memoryKiB: memoryKiB(server.pid) };
  });
  const arriving = await (async () => {
    const parts = [];
    while (!seen?.here) parts.push(await measure(500));
    return parts.length;
  })();
  say(`the crowd is there after ${arriving / 2} s`);
  const during = { ...(await measure(seconds * 1000)), memoryKiB: memoryKiB(server.pid) };
  say(`during  ${JSON.stringify(during)}`);
  const { here: _, ...kinds } = seen;
  say(`crowd   ${JSON.stringify(kinds)}`);
  crowd.stdin.end();
  await session.close();
  server.kill('SIGTERM');
  const [code] = await once(server, 'exit');

  const bytesEach =
    most.open === 0 || before.memoryKiB === null ? null : ((most.memoryKiB - before.memoryKiB) * 1024) / most.open;
  const p99Ms = Math.max(during.get.p99Ms, during.connect.p99Ms);
  if (refused.length > 0) say(`refused: ${[...new Set(refused)].join('; ')}`);
  const passed = refused.length === 0 && p99Ms <= BAR_MS && code === 0;
  say(
    JSON.stringify({
      ...{ silent, slow, refused: refused.length },
      p99BeforeMs: Math.max(before.get.p99Ms, before.connect.p99Ms),
      p99DuringMs: p99Ms,
      dropped: Object.fromEntries(Object.entries(kinds).map(([kind, { dropped }]) => [kind, dropped])),
      mostOpen: most.open,
      kibPerHostile: bytesEach === null ? null : Math.round(bytesEach / 1024),
      serverEndedWith: code,
      passed,
    }),
  );
  process.exitCode = passed ? 0 : 1;
} finally {
  for (const child of children) child.kill('SIGKILL');
  await network.dispose();
  await rm(folder, { recursive: true, force: true });
}
