// Races for the one lock of the house (packages/ports/src/os/folder-lock): processes that live long take the same folder
// at the same moment, over a lock that is new, given back, or left by a process that was killed. One round is one input.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OsFolderLocks } from '../../packages/ports/dist/os/index.js';

export const name = 'locks';
export const share = 0.001;

const RACERS = 4;
const SELF = fileURLToPath(import.meta.url);
/** How often each racer takes and gives back the folder in a round of that kind. */
const TURNS = 20;
const KINDS = ['new', 'given back', 'killed', 'turns'];

/** Runs `inputs` rounds. Each has one winner, and the others are told its process ID. */
export async function run({ inputs, seed, say = () => {} }) {
  const findings = [];
  const root = mkdtempSync(join(tmpdir(), 'vcryptsim-locks-'));
  const racers = Array.from({ length: RACERS }, () => fork(SELF, ['--racer']));
  try {
    await Promise.all(racers.map((racer) => once(racer, 'message')));
    for (let round = 0; round < inputs; round++) {
      // A killed process costs the start of a new one, so that kind comes seldom.
      const kind = round % 50 === 2 ? KINDS[2] : KINDS[[0, 1, 3][(round + seed) % 3]];
      const folder = join(root, String(round));
      mkdirSync(folder);
      if (kind === 'given back') await (await new OsFolderLocks().take(folder, 'serve')).release();
      if (kind === 'killed') await killHolder(folder);
      const answers = await Promise.all(racers.map((racer) => ask(racer, { folder, kind })));
      findings.push(
        ...(kind === 'turns' ? judgeTurns(answers) : judge(answers)).map((each) => `round ${round} (${kind}): ${each}`),
      );
      await Promise.all(racers.map((racer) => ask(racer, { release: true })));
      rmSync(folder, { recursive: true });
      if (round % 200 === 199) say(`locks: ${round + 1} of ${inputs} rounds`);
    }
  } finally {
    for (const racer of racers) racer.kill();
    rmSync(root, { recursive: true, force: true });
  }
  return { inputs, unhandled: 0, cut: 0, findings };
}

function judge(answers) {
  const winners = answers.filter((each) => each.won);
  const errors = answers.filter((each) => each.error).map((each) => each.error);
  const lost = answers.filter((each) => !each.won && !each.error);
  if (winners.length !== 1) return [`${winners.length} processes have the folder`, ...errors];
  const wrong = lost.filter((each) => each.holder.pid !== null && each.holder.pid !== winners[0].pid);
  return [...errors, ...wrong.map((each) => `process ${each.holder.pid} is named, ${winners[0].pid} has it`)];
}

function judgeTurns(answers) {
  return answers.flatMap(({ error, broken }) => [
    ...(error ? [error] : []),
    ...(broken ? [`${broken} times two at once`] : []),
  ]);
}

async function killHolder(folder) {
  const holder = fork(SELF, ['--racer']);
  await once(holder, 'message');
  await ask(holder, { folder, kind: 'new' });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
}

async function ask(racer, order) {
  const answer = once(racer, 'message');
  racer.send(order);
  return (await answer)[0];
}

function race() {
  let lock = null;
  process.on('message', async ({ folder, kind, release }) => {
    try {
      if (release) {
        await lock?.release();
        lock = null;
        return process.send({ pid: process.pid });
      }
      if (kind === 'turns') return process.send({ pid: process.pid, broken: await takeTurns(folder) });
      const answer = await new OsFolderLocks().take(folder, 'serve');
      if ('holder' in answer) return process.send({ pid: process.pid, won: false, holder: answer.holder });
      lock = answer;
      process.send({ pid: process.pid, won: true });
    } catch (error) {
      process.send({ pid: process.pid, error: String(error) });
    }
  });
  process.send('ready');
}

/** Takes the folder again and again. Who has it makes a file that must not be there, and removes it. */
async function takeTurns(folder) {
  let broken = 0;
  for (let turn = 0; turn < TURNS; ) {
    const lock = await new OsFolderLocks().take(folder, 'serve');
    if ('holder' in lock) continue;
    turn++;
    try {
      closeSync(openSync(join(folder, 'inside'), 'wx'));
      await new Promise((resolve) => setImmediate(resolve));
      unlinkSync(join(folder, 'inside'));
    } catch {
      broken++;
    }
    await lock.release();
  }
  return broken;
}

if (process.argv.includes('--racer')) race();
else if (process.argv[1] === SELF) {
  const option = (flag, fallback) =>
    process.argv.includes(flag) ? Number(process.argv[process.argv.indexOf(flag) + 1]) : fallback;
  const { findings, ...rest } = await run({
    inputs: option('--n', 1_000),
    seed: option('--seed', 1),
    say: console.error,
  });
  for (const finding of findings) console.error(finding);
  console.log(JSON.stringify({ part: name, ...rest, findings: findings.length }));
  process.exitCode = findings.length > 0 ? 1 : 0;
}
