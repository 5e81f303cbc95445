// Walks what a power cut can leave of each operation that makes something durable: cut before and after each file operation,
// torn, lost and reordered, cut a second time while it recovers, and with each call failing. Each distinct image (by SHA-256)
// is one state: a fresh host, key server or vCenter starts on it, the user's data is compared, and the work is issued again.
//   npm run crash -- [--states 25000] [--seed 1] [--scenario NAME] [--ci]
// Scenarios: test/crash/scenarios, one a file. The same seed walks the same states.
// Last line: {"states","powered","resumed","lost","unopenable","classes":{...},"cpuSeconds"}. Exit 1 for anything lost or
// unopenable, a class without a state, or fewer states than the bar (full and CI runs).
import { parseArgs } from 'node:util';
import { runJobs, scenarioNames } from './crash/run-jobs.mjs';

const STATES = 25_000;
const STATES_CI = 3_000;
/** Workers also find their share of duplicates: a little more is asked of each than is wanted of all. */
const MORE = 1.06;
const LIMIT_MS = { full: 60 * 60_000, ci: 5 * 60_000 };

const { values } = parseArgs({
  options: {
    states: { type: 'string' },
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string' },
    ci: { type: 'boolean', default: false },
  },
});
const names = await scenarioNames();
const scenarios = values.scenario === undefined ? names : names.filter((name) => name === values.scenario);
const states = Number(values.states ?? (values.ci ? STATES_CI : STATES));
const seed = Number(values.seed);
if (!Number.isSafeInteger(states) || states < 10 || !Number.isSafeInteger(seed) || scenarios.length === 0) {
  process.stderr.write(
    `--states wants a number from 10 on, --seed a whole number, --scenario one of:\n  ${names.join('\n  ')}\n`,
  );
  process.exit(2);
}
const say = (line) => process.stderr.write(`${line}\n`);
const isWhole = values.scenario === undefined;

// Whatever hangs, this ends; the workers end when their parent is gone.
setTimeout(
  () => {
    say('npm run crash did not end in time');
    process.exit(1);
  },
  values.ci ? LIMIT_MS.ci : LIMIT_MS.full,
).unref();

const each = Math.ceil((states * (isWhole ? MORE : 1)) / scenarios.length);
const jobs = scenarios.map((scenario) => ({ kind: 'walk', scenario, states: each, seed }));
const { reports, failures, ...workers } = await runJobs(jobs, ({ scenario, states: found, lost, unopenable }) => {
  say(`${scenario}: ${found} states, ${lost} lost, ${unopenable} unopenable`);
});
const own = process.cpuUsage();
const cpuSeconds = Math.round(workers.cpuSeconds + (own.user + own.system) / 1e6);

const sum = (field) => reports.reduce((total, report) => total + report[field], 0);
const classes = {};
for (const report of reports)
  for (const [name, count] of Object.entries(report.classes)) classes[name] = (classes[name] ?? 0) + count;
for (const finding of reports.flatMap(({ findings }) => findings)) say(`finding: ${finding}`);
for (const [name, count] of Object.entries(classes))
  if (count === 0 && isWhole) failures.push(`no state is of class ${name}`);
if (isWhole && values.states === undefined && sum('states') < states) failures.push(`only ${sum('states')} states`);
for (const failure of failures) say(`failed: ${failure}`);
const totals = {
  states: sum('states'),
  powered: sum('powered'),
  resumed: sum('resumed'),
  lost: sum('lost'),
  unopenable: sum('unopenable'),
};
process.stdout.write(`${JSON.stringify({ ...totals, classes, cpuSeconds })}\n`);
process.exit(totals.lost + totals.unopenable + failures.length > 0 ? 1 : 0);
