// Attacks a key server and what reads foreign bytes, and looks at what a good client beside notices.
//   npm run harden -- [--n 1000000] [--seed 1] [--ci]
// Each scripts/harden/PART.mjs exports `name`, `share` (of the inputs) and `run({ inputs, seed, say, server })`, which
// answers { inputs, unhandled, cut, findings }. It runs in a process of its own and ends by itself.
// Last line: {"inputs","unhandled","goodClientP99Ms","cut","rssGrowthMiB"}. Exit 1 for anything unhandled, a cut, a
// finding, more than 64 MiB, or (not with --ci, where machines are shared) a p99 above 250 ms.
import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { startTarget } from './harden/support/target.mjs';

const INPUTS = 1_000_000;
const INPUTS_CI = 20_000;
const RSS_GROWTH_MAX_MIB = 64;
const P99_MAX_MS = 250;
const PART_LIMIT_MS = { full: 30 * 60_000, ci: 90_000 };
/** Each makes its share of the inputs: what one client may keep is bounded, and a new one begins with nothing. */
const CLIENTS_LEAST = 20;
const INPUTS_PER_CLIENT = 10_000;
const SETTINGS = { quotas: { objects: 60, bytes: 128 * 1024 } };

const { values } = parseArgs({
  options: { n: { type: 'string' }, seed: { type: 'string', default: '1' }, ci: { type: 'boolean', default: false } },
});
const inputs = Number(values.n ?? (values.ci ? INPUTS_CI : INPUTS));
const seed = Number(values.seed);
if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('--n wants a number of inputs from 1 on, --seed a whole number: --n 20000 --seed 7\n');
  process.exit(2);
}
const support = (file) => fileURLToPath(new URL(`./harden/support/${file}`, import.meta.url));
const say = (line) => process.stderr.write(`${line}\n`);

// Whatever hangs, this ends; the children end when their parent is gone.
setTimeout(
  () => {
    say('npm run harden did not end in time');
    process.exit(1);
  },
  2 * (values.ci ? PART_LIMIT_MS.ci : PART_LIMIT_MS.full),
).unref();

const parts = await loadParts();
const target = await startTarget(SETTINGS);
const identities = [];
for (let at = 0; at < Math.max(CLIENTS_LEAST, inputs / INPUTS_PER_CLIENT); at++)
  identities.push(await target.client(`fuzz-${at}`));
const good = await startGoodClient(await target.client('good'));
const server = { address: target.address, identities };
const totals = { inputs: 0, unhandled: 0, cut: 0, findings: [] };

// What is loaded, compiled and pooled at first is no growth.
await runPart(
  parts.find((part) => part.name === 'operations'),
  Math.max(1000, Math.floor(inputs / 50)),
  seed + 1,
  {
    ...server,
    identities: [await target.client('warm-up')],
  },
);
const before = await target.state();
const shares = parts.reduce((sum, part) => sum + part.share, 0);
for (const part of parts) {
  const answer = await runPart(part, Math.max(1, Math.round((inputs * part.share) / shares)), seed, server);
  totals.inputs += answer.inputs;
  totals.unhandled += answer.unhandled;
  totals.cut += answer.cut;
  totals.findings.push(...answer.findings.map((finding) => `${part.name}: ${finding}`));
  say(
    `${part.name}: ${answer.inputs} inputs, ${answer.unhandled} unhandled, ${answer.cut} cut, ${answer.findings.length} findings`,
  );
}
const after = await target.state();
const seen = await good.stop();
totals.unhandled += after.unhandled;
totals.cut += seen.cut;
totals.findings.push(...after.faults.map((fault) => `server: ${fault}`), ...after.seen.map((one) => `server: ${one}`));
if (seen.wrong > 0) totals.findings.push(`the good client was refused ${seen.wrong} times`);
await target.stop();

for (const finding of totals.findings.slice(0, 50)) say(`finding: ${finding}`);
const goodClientP99Ms = Math.round(seen.p99Ms * 10) / 10;
const rssGrowthMiB = Math.round((after.rssMiB - before.rssMiB) * 10) / 10;
say(`the good client asked ${seen.asked} times; the slowest answer took ${Math.round(seen.mostMs)} ms`);
process.stdout.write(
  `${JSON.stringify({ inputs: totals.inputs, unhandled: totals.unhandled, goodClientP99Ms, cut: totals.cut, rssGrowthMiB })}\n`,
);
const isBad =
  totals.unhandled > 0 ||
  totals.cut > 0 ||
  totals.findings.length > 0 ||
  rssGrowthMiB > RSS_GROWTH_MAX_MIB ||
  (!values.ci && goodClientP99Ms > P99_MAX_MS);
process.exit(isBad ? 1 : 0);

async function loadParts() {
  const folder = new URL('./harden/', import.meta.url);
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.mjs'))
    .sort();
  const loaded = [];
  for (const file of files) {
    const path = fileURLToPath(new URL(file, folder));
    const { name, share } = await import(pathToFileURL(path).href);
    loaded.push({ name, share, path });
  }
  return loaded;
}

/** Runs one part in a process of its own; one that does not end is ended and is a finding. */
function runPart({ name, path }, count, partSeed, world) {
  return new Promise((resolve) => {
    const child = fork(support('run-part.mjs'), [path]);
    const failed = (finding) => resolve({ inputs: 0, unhandled: 0, cut: 0, findings: [finding] });
    const limit = setTimeout(
      () => {
        failed(`${name} did not end in time`);
        child.kill('SIGKILL');
      },
      values.ci ? PART_LIMIT_MS.ci : PART_LIMIT_MS.full,
    );
    child.on('message', (message) => {
      if (message.say) say(message.say);
      if (message.answer) resolve(message.answer);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(limit);
      failed(`its process ended: ${signal ?? code}`); // means nothing once it has answered
    });
    child.send({ inputs: count, seed: partSeed, server: world });
  });
}

async function startGoodClient(identity) {
  const child = fork(support('good-client.mjs'));
  const told = (field) =>
    new Promise((resolve, reject) => {
      const onExit = (code) => reject(new Error(`the good client's process ended: ${code}`));
      const onMessage = (message) => {
        if (message[field] === undefined) return;
        child.off('message', onMessage);
        child.off('exit', onExit);
        resolve(message[field]);
      };
      child.on('message', onMessage);
      child.once('exit', onExit);
    });
  const ready = told('ready');
  child.send({ address: target.address, identity });
  await ready;
  return {
    stop: () => {
      const answer = told('answer');
      child.send('stop');
      return answer;
    },
  };
}
