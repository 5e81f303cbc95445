// Kills a host in the middle of what it does with a VM's files, on real files, and looks whether anything was lost.
//   npm run kill9 -- [--n 500] [--seed 1] [--ci]
// A process boots a host on the folder, has its keys, powers the VM on, compares both disks with what the guest had flushed,
// and looks for stray files; then it recrypts, encrypts, decrypts, imports, creates and writes, until SIGKILL comes: mostly
// before a file call that the seed drew, sometimes at a moment of the machine's own. The next process boots on what is left.
// Last line: {"kills","inside":{...},"lost":0}. Exit 1 when anything was lost, or fewer than 80 % were inside an operation.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { randomOf } from './kill9/random.mjs';

const KILLS = 500;
const KILLS_CI = 50;
const INSIDE_LEAST = 0.8;
/** One kill in so many comes from outside, at a moment that the machine chooses. */
const FROM_OUTSIDE = 8;
const OUTSIDE_WITHIN_MS = 120;
const LIMIT_MS = 20 * 60_000;

const { values } = parseArgs({
  options: { n: { type: 'string' }, seed: { type: 'string', default: '1' }, ci: { type: 'boolean', default: false } },
});
const wanted = Number(values.n ?? (values.ci ? KILLS_CI : KILLS));
const seed = Number(values.seed);
if (!Number.isSafeInteger(wanted) || wanted < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('--n wants a number of kills from 1 on, --seed a whole number: --n 50 --seed 7\n');
  process.exit(2);
}
// Whatever hangs, this ends; a host ends when its parent is gone.
setTimeout(() => {
  process.stderr.write('npm run kill9 did not end in time\n');
  process.exit(1);
}, LIMIT_MS).unref();

const random = randomOf(seed);
const folder = await mkdtemp(join(tmpdir(), 'vcryptsim-kill9-'));
const inside = {};
const losses = [];
let kills = 0;
let outside = 0;
/** What the guest had flushed, and what may be there instead: kept here, because the host forgets. */
let model = null;

try {
  for (let incarnation = 1; kills < wanted && losses.length === 0; incarnation += 1) await oneLife(incarnation);
} finally {
  if (losses.length === 0) await rm(folder, { recursive: true, force: true });
  else process.stderr.write(`The folder is kept: ${folder}\n`);
}
for (const loss of losses) process.stderr.write(`LOST ${loss}\n`);
const isInside = kills - outside >= INSIDE_LEAST * kills;
if (!isInside) process.stderr.write(`Only ${kills - outside} of ${kills} kills were inside an operation.\n`);
process.stdout.write(`${JSON.stringify({ kills, inside, lost: losses.length })}\n`);
process.exitCode = losses.length === 0 && isInside ? 0 : 1;

/** One process, from its boot to its death. */
function oneLife(incarnation) {
  const lifeSeed = random(2 ** 31);
  const isFromOutside = random(FROM_OUTSIDE) === 0;
  const host = fork(fileURLToPath(new URL('kill9/host.mjs', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let operation = null;
  let isEnding = false;
  return new Promise((resolve) => {
    host.on('message', (message) => {
      if (message.type === 'checked') {
        model = message.model;
        if (isFromOutside) setTimeout(() => host.kill('SIGKILL'), random(OUTSIDE_WITHIN_MS)).unref();
      }
      if (message.type === 'begin') {
        operation = message.operation;
        model = message.model;
      }
      if (message.type === 'end') {
        operation = null;
        model = message.model;
      }
      if (message.type === 'lost') {
        losses.push(`seed ${seed}, life ${incarnation}, after ${message.after}: ${message.what}`);
        isEnding = true;
        host.kill('SIGKILL');
      }
    });
    host.on('exit', (code, signal) => {
      if (signal === 'SIGKILL' && !isEnding) {
        kills += 1;
        if (operation === null) outside += 1;
        else inside[operation] = (inside[operation] ?? 0) + 1;
        if (model !== null) model.after = operation ?? 'nothing';
      } else if (!isEnding) {
        losses.push(`seed ${seed}, life ${incarnation}: the host ended by itself (code ${code}, signal ${signal})`);
      }
      resolve();
    });
    host.send({ folder, incarnation, seed: lifeSeed, model, killsItself: !isFromOutside });
  });
}
