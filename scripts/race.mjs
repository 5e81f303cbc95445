// Two hosts, each a process of its own, race for one VM on real files, again and again: never do both have it.
//   npm run race -- [--n 1000] [--seed 1] [--ci]
// Rounds by turns on a VMFS and an NFS datastore. In each, both power the VM on at once; one must get it, and its guest
// writes. In some, a third host has it and was killed (SIGKILL): the two race to break its lock. In some, the one that has
// it is stopped (SIGSTOP) for longer than the rule says: the other takes the VM, and what the stopped one then writes must
// be refused. Who has the VM says so with a file that can be made once, past every lock. Locks have short times here,
// given by the constructor.
// Last line: {"rounds","raced","broken","stopped","twoOwners","noOwner","lost"}. Exit 1 unless the last three are 0.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { randomOf } from './kill9/random.mjs';

const ROUNDS = 1000;
const ROUNDS_CI = 60;
/** One round in so many begins with a dead owner, one in so many stops the owner. */
const BROKEN_EVERY = 10;
const STOPPED_EVERY = 20;
/** A host that is asked answers within this, or the run ends. */
const ANSWER_MS = 60_000;
const LIMIT_MS = 25 * 60_000;
const STALE_MS = 600;
const VICTIM = 3;

const { values } = parseArgs({
  options: { n: { type: 'string' }, seed: { type: 'string', default: '1' }, ci: { type: 'boolean', default: false } },
});
const wanted = Number(values.n ?? (values.ci ? ROUNDS_CI : ROUNDS));
const seed = Number(values.seed);
if (!Number.isSafeInteger(wanted) || wanted < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('--n wants a number of rounds from 1 on, --seed a whole number: --n 50 --seed 7\n');
  process.exit(2);
}
// Whatever hangs, this ends; a host ends when its parent is gone.
setTimeout(() => {
  process.stderr.write('npm run race did not end in time\n');
  process.exit(1);
}, LIMIT_MS).unref();

const random = randomOf(seed);
const folder = await mkdtemp(join(tmpdir(), 'vcryptsim-race-'));
const counted = { rounds: 0, raced: 0, broken: 0, stopped: 0, twoOwners: 0, noOwner: 0, lost: 0 };
const boots = new Map();
const hosts = new Map();

try {
  for (const number of [1, 2]) await boot(number);
  for (let round = 1; round <= wanted && counted.twoOwners + counted.noOwner + counted.lost === 0; round += 1) {
    await oneRound(round, round % 2 === 0 ? 'nfs' : 'vmfs');
    counted.rounds += 1;
  }
} finally {
  for (const { child } of hosts.values()) child.kill('SIGKILL');
  if (counted.twoOwners + counted.noOwner + counted.lost === 0) await rm(folder, { recursive: true, force: true });
  else process.stderr.write(`The folder is kept: ${folder}\n`);
}
process.stdout.write(`${JSON.stringify(counted)}\n`);
process.exitCode = counted.rounds === wanted ? 0 : 1;

async function oneRound(round, datastore) {
  const hadIt = round % BROKEN_EVERY < 2 ? await dieWith(datastore) : false;
  const order = { datastore, round, delayMs: [random(4), random(4)] };
  const answers = await Promise.all(
    [1, 2].map((number, at) => ask(number, { type: 'take', datastore, round, delayMs: order.delayMs[at] })),
  );
  const owners = [1, 2].filter((_, at) => answers[at].type === 'has it');
  if (owners.length > 1 || answers.some(({ type }) => type === 'two owners')) return fail('twoOwners', round, answers);
  if (owners.length === 0) return fail('noOwner', round, answers);
  counted[hadIt ? 'broken' : 'raced'] += 1;
  const [owner] = owners;
  const other = 3 - owner;
  if (round % STOPPED_EVERY > 1) return expectAnswer(owner, { type: 'leave', datastore }, 'left', round);
  await stopOwner(owner, other, datastore, round);
}

/** The third host takes the VM, and is killed. */
async function dieWith(datastore) {
  await boot(VICTIM);
  const { type } = await ask(VICTIM, { type: 'take', datastore, round: 0, delayMs: 0 });
  const { child } = hosts.get(VICTIM);
  const died = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await died;
  hosts.delete(VICTIM);
  if (type !== 'has it') fail('noOwner', 0, [{ type: `the third host found it ${type}` }]);
  await rm(`${folder}/owner-of-${datastore}`, { force: true });
  return true;
}

/** The owner stands still for longer than the rule says; it must not write once it goes on. */
async function stopOwner(owner, other, datastore, round) {
  const { child } = hosts.get(owner);
  child.kill('SIGSTOP');
  await rm(`${folder}/owner-of-${datastore}`, { force: true });
  const taken = await ask(other, { type: 'take', datastore, round: round + 0.5, delayMs: 0 });
  child.kill('SIGCONT');
  if (taken.type !== 'has it') return fail('noOwner', round, [taken]);
  await expectAnswer(owner, { type: 'write', datastore }, 'refused', round);
  await expectAnswer(other, { type: 'check', datastore }, 'whole', round);
  await expectAnswer(other, { type: 'leave', datastore }, 'left', round);
  counted.stopped += 1;
}

async function expectAnswer(number, order, wantedType, round) {
  const answer = await ask(number, order);
  if (answer.type !== wantedType) fail('lost', round, [answer]);
}

function fail(kind, round, answers) {
  counted[kind] += 1;
  process.stderr.write(`seed ${seed}, round ${round}: ${kind}: ${JSON.stringify(answers)}\n`);
}

async function boot(number) {
  const incarnation = (boots.get(number) ?? 0) + 1;
  boots.set(number, incarnation);
  const child = fork(fileURLToPath(new URL('race/host.mjs', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  hosts.set(number, { child });
  await ask(number, { type: 'boot', folder, number, incarnation, staleMs: STALE_MS });
}

function ask(number, order) {
  const { child } = hosts.get(number);
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`host ${number} did not answer ${order.type}`)), ANSWER_MS);
    child.once('message', (answer) => {
      clearTimeout(late);
      resolve(answer);
    });
    child.send(order);
  });
}
