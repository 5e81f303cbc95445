// Fuzzes what reads and edits the text files of a VM: VMX and descriptors, bent, in many encodings.
//   npm run fuzz:files -- [--n 1000000] [--seed 1] [--ci]
// Rules: scripts/fuzz-files/check-files.mjs. Then the work at n and 2n is counted, not timed: at most 2.2 times as much.
// Last line: {"n","seed","read","refused","findings","grown"}; exit 1 for a finding, or where too few were read to mean much.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

const INPUTS = 1_000_000;
const INPUTS_CI = 200_000;
const GROWTH_MAX = 2.2;
const READ_LEAST = 0.2;
const SHOWN = 20;

const { values } = parseArgs({
  options: { n: { type: 'string' }, seed: { type: 'string', default: '1' }, ci: { type: 'boolean', default: false } },
});
const n = Number(values.n ?? (values.ci ? INPUTS_CI : INPUTS));
const seed = Number(values.seed);
if (!Number.isSafeInteger(n) || n < 100 || !Number.isSafeInteger(seed)) {
  process.stderr.write('--n wants a number of inputs from 100 on, --seed a whole number: --n 200000 --seed 7\n');
  process.exit(2);
}

const step = Math.min(4, availableParallelism());
const answers = await Promise.all(Array.from({ length: step }, (_, first) => runWorker({ n, seed, first, step })));
const findings = answers.flatMap((answer) => answer.findings);
const read = (name) => answers.reduce((sum, answer) => sum + answer.read[name], 0);
for (const name of ['VMX', 'descriptor']) {
  if (read(name) < (n / 2) * READ_LEAST) findings.push(`only ${read(name)} inputs of kind ${name} were read`);
}

const counts = countGrowth();
for (const { what, n: size, once, twice } of counts) {
  const counted = `${what}: ${once} blocks at ${size}, ${twice} at ${2 * size}`;
  process.stderr.write(`COUNTED ${counted}\n`);
  if (once < size || twice > once * GROWTH_MAX) findings.push(counted);
}
const grown = Math.max(0, ...counts.map(({ once, twice }) => Math.round((twice / once) * 100) / 100));

for (const finding of findings.slice(0, SHOWN)) process.stderr.write(`finding: ${finding}\n`);
const readAll = read('VMX') + read('descriptor');
process.stdout.write(
  `${JSON.stringify({ n, seed, read: readAll, refused: n - readAll, findings: findings.length, grown })}\n`,
);
process.exit(findings.length === 0 ? 0 : 1);

function runWorker(workerData) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./fuzz-files/worker.mjs', import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

function countGrowth() {
  const script = fileURLToPath(new URL('./fuzz-files/growth.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status === 0) return JSON.parse(stdout);
  findings.push(`counting failed: ${stderr}`);
  return [];
}
