// Random histories of virtual machines on one host, by seed: guests write and trim, snapshots are taken, reverted and deleted,
// disks grow and are consolidated, VMs are cloned, suspended and recrypted, hosts crash. After each step what a guest reads is
// what a model has; each history has a plain twin, of which qemu-img reads the same; at the end no file has a key, nor anything
// that the guest of an encrypted VM wrote.
//   npm run histories -- [--seeds 100] [--steps 200] [--from 1] [--ci]
// Last line: {"histories","steps","compared","qemu","failed","done":{...}}. Exit 1 for a history
// that failed, and for an operation that was never done.
import { fork, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from './read-typescript.mjs';

const SEEDS = { full: 100, ci: 10 };
const WORKERS = 2;
/** So many seeds have a twin that qemu-img looks at, at so many random steps each. */
const QEMU = { seeds: 10, looks: 10 };
const LIMIT_MS = { full: 60 * 60_000, ci: 5 * 60_000 };

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    steps: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    ci: { type: 'boolean', default: false },
  },
});
const seeds = Number(values.seeds ?? (values.ci ? SEEDS.ci : SEEDS.full));
const [steps, from] = [Number(values.steps), Number(values.from)];
if (![seeds, steps, from].every((number) => Number.isSafeInteger(number) && number > 0)) {
  process.stderr.write('--seeds, --steps and --from are whole numbers from 1 on\n');
  process.exit(2);
}
const say = (line) => process.stderr.write(`${line}\n`);
setTimeout(
  () => {
    say('npm run histories did not end in time');
    process.exit(1);
  },
  values.ci ? LIMIT_MS.ci : LIMIT_MS.full,
).unref();

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) say('LEFT OUT qemu-img on plain twins: qemu-img is not installed (package qemu-utils)');
const queue = Array.from({ length: seeds }, (_, index) => from + index).flatMap((seed) => [
  { seed, steps, isPlain: false, qemuLooks: 0 },
  { seed, steps, isPlain: true, qemuLooks: hasQemu && seed < from + QEMU.seeds ? QEMU.looks : 0 },
]);
const reports = [];
const lost = [];

function runWorker() {
  return new Promise((resolve) => {
    let current = null;
    const child = fork(fileURLToPath(new URL('./histories/worker.mjs', import.meta.url)), [], { cwd: root });
    child.on('message', (message) => {
      if (message.report) {
        reports.push(message.report);
        const { seed, isPlain, failure } = message.report;
        if (failure !== null) say(`failed: seed ${seed}${isPlain ? ', plain' : ''}: ${failure}`);
      }
      current = queue.shift() ?? null;
      child.send(current ?? 'end');
    });
    child.on('exit', (code, signal) => {
      if (current !== null) lost.push(`the worker of seed ${current.seed} ended: ${signal ?? code}`);
      resolve();
    });
  });
}
await Promise.all(Array.from({ length: WORKERS }, runWorker));

const sum = (field) => reports.reduce((total, report) => total + report[field], 0);
const done = {};
for (const report of reports) {
  for (const [name, count] of Object.entries(report.done)) done[name] = (done[name] ?? 0) + count;
}
for (const failure of lost) say(`failed: ${failure}`);
// A short run need not come to everything.
const isShort = seeds * steps < 1000;
const never = isShort ? [] : Object.keys(done).filter((name) => done[name] === 0);
for (const name of never) say(`failed: '${name}' was never done`);
const failed = reports.filter(({ failure }) => failure !== null).length + lost.length;
const totals = { histories: reports.length, steps: sum('steps'), compared: sum('compared'), qemu: sum('qemuCompared') };
process.stdout.write(`${JSON.stringify({ ...totals, failed, done })}\n`);
process.exit(failed + never.length > 0 ? 1 : 0);
