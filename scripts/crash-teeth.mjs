// Shows that npm run crash finds what is wrong: each fsync of an operation is left out, of a file or of a folder, and each
// adjacent pair of durable operations exchanged; the walk must find a state that is lost. Nobody chooses them.
//   npm run crash:teeth -- [--seed 1] [--scenario NAME] [--ci]
// Scenarios of snapshots, devices, clones and suspending are tried by name only, see UNTRIED.
// What makes no difference is listed in test/crash/teeth/redundant.json with the operation that makes it so: at most one in
// ten, and without that operation too the walk finds it. --ci tries one in four, drawn by the seed, of every
// second scenario.
// Last line: {"tried","caught","redundant","uncaught"}. Exit 1 for anything uncaught, or more than one in ten redundant.
import { parseArgs } from 'node:util';
import { runJobs, scenarioNames } from './crash/run-jobs.mjs';

/**
 * Their teeth are not tried: each state of them costs many starts (all snapshots are brought back, each copy is read), and what
 * makes no difference in them was not sorted yet.
 */
const UNTRIED = ['snapshots', 'snapshots-of-a-running-vm', 'suspend', 'attach', 'grow', 'clone', 'linked-clone'];
const EVERY_CI = 4;
const REDUNDANT_MAX = 0.1;
const LIMIT_MS = 30 * 60_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string' },
    ci: { type: 'boolean', default: false },
  },
});
const names = await scenarioNames();
const scenarios =
  values.scenario === undefined
    ? names.filter((name) => !UNTRIED.includes(name))
    : names.filter((name) => name === values.scenario);
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed) || scenarios.length === 0) {
  process.stderr.write(`--seed wants a whole number, --scenario one of:\n  ${names.join('\n  ')}\n`);
  process.exit(2);
}
const say = (line) => process.stderr.write(`${line}\n`);

// Whatever hangs, this ends; the workers end when their parent is gone.
setTimeout(() => {
  say('npm run crash:teeth did not end in time');
  process.exit(1);
}, LIMIT_MS).unref();

const every = values.ci ? EVERY_CI : 1;
// To learn what is right costs as much as the tries: in CI every second scenario, by the seed.
const tried = values.ci ? scenarios.filter((_, index) => (index + seed) % 2 === 0) : scenarios;
const jobs = tried.map((scenario) => ({ kind: 'teeth', scenario, seed, every }));
const { reports, failures } = await runJobs(jobs, ({ scenario, tried, caught, redundant }) => {
  say(`${scenario}: ${tried} tried, ${caught} caught, ${redundant.length} redundant`);
});
const sum = (count) => reports.reduce((total, report) => total + count(report), 0);
const totals = {
  tried: sum(({ tried }) => tried),
  caught: sum(({ caught }) => caught),
  redundant: sum(({ redundant }) => redundant.length),
  uncaught: sum(({ findings }) => findings.length),
};
for (const finding of reports.flatMap(({ findings }) => findings)) say(`finding: ${finding}`);
// A sample of few may have more of them than the whole.
const isTooMany = !values.ci && values.scenario === undefined && totals.redundant > totals.tried * REDUNDANT_MAX;
if (isTooMany) failures.push(`${totals.redundant} of ${totals.tried} are redundant, more than one in ten`);
if (totals.tried === 0) failures.push('nothing was tried');
for (const failure of failures) say(`failed: ${failure}`);
process.stdout.write(`${JSON.stringify(totals)}\n`);
process.exit(totals.uncaught + failures.length > 0 ? 1 : 0);
