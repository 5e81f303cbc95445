// Breaks the product on purpose, one place at a time, and sees that the test which claims to guard it fails.
//   npm run patches [-- --only NAME,NAME...] [-- --ci [--seed N]]
// Each patch of test/patches/patches.json is applied to a type-checked copy of the sources; then the test or scenario that
// it names is run there and must fail by an assertion of its own, not because it cannot start or runs out of time. Prints
// a line for each, then one of JSON. Exit 1 when a patch went unnoticed or the unbroken copy fails; 2 for a bad order.
//   --ci    six of them, drawn by seed (default: the commit), whose names are printed
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './read-typescript.mjs';

const IN_CI = 6;
const STEP_LIMIT_MS = 240_000;
/** What a failure of an assertion says; vitest tells of a promise that ended the wrong way without its class. */
const BY_ASSERTION = /AssertionError|promise (resolved|rejected) /;
/** Never copied: libraries are linked instead, the rest is no source. */
const LEFT = new Set(['node_modules', '.git', '.vcryptsim']);

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, ci: { type: 'boolean' }, seed: { type: 'string' } },
});
const all = JSON.parse(readFileSync(join(root, 'test/patches/patches.json'), 'utf8'));
const chosen = choose();
const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-patches-'));
const run = (command, words) =>
  spawnSync(command, words, {
    cwd: folder,
    encoding: 'utf8',
    timeout: STEP_LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, CI: '1', NO_COLOR: '1' },
  });

try {
  copySources();
  const verdicts = chosen.map((patch) => {
    const verdict = judge(patch);
    const { name, stands, noticed, why } = verdict;
    console.log(`${noticed ? 'noticed  ' : 'UNNOTICED'}  ${stands.padEnd(36)} ${name}${why === '' ? '' : `: ${why}`}`);
    return verdict;
  });
  const unnoticed = verdicts.filter(({ noticed }) => !noticed).map(({ name }) => name);
  console.log(JSON.stringify({ version: 1, of: all.length, tried: verdicts.length, unnoticed }));
  if (unnoticed.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function choose() {
  if (options.only !== undefined) {
    const names = options.only.split(',');
    const found = all.filter(({ name }) => names.includes(name));
    if (found.length === names.length) return found;
    console.error(
      `Not all of these are patches: ${options.only}. There are: ${all.map(({ name }) => name).join(', ')}.`,
    );
    process.exit(2);
  }
  if (options.ci !== true) return all;
  const seed = options.seed ?? spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim();
  console.log(`${IN_CI} of ${all.length} patches, drawn by seed ${seed}`);
  const weight = (text) => [...`${seed}${text}`].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  return [...all].sort((a, b) => weight(a.name) - weight(b.name)).slice(0, IN_CI);
}

/** The workspace with its built files; packages see each other in the copy, libraries are those of the original. */
function copySources() {
  cpSync(root, folder, { recursive: true, filter: (path) => !LEFT.has(path.slice(root.length).split('/').at(-1)) });
  linkLibraries('');
  for (const place of ['bench', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)]) {
    linkLibraries(place);
  }
}

function linkLibraries(place) {
  const [from, to] = [join(root, place, 'node_modules'), join(folder, place, 'node_modules')];
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (name === '@vcryptsim') linkOwn(to);
    else if (name === 'vcryptsim') symlinkSync(join(folder, 'packages/cli'), join(to, name));
    else symlinkSync(join(from, name), join(to, name));
  }
}

function linkOwn(to) {
  mkdirSync(join(to, '@vcryptsim'));
  for (const name of readdirSync(join(root, 'packages'))) {
    symlinkSync(join(folder, 'packages', name), join(to, '@vcryptsim', name));
  }
  symlinkSync(join(folder, 'bench'), join(to, '@vcryptsim', 'bench'));
}

function judge(patch) {
  const path = join(folder, patch.file);
  const whole = readFileSync(path, 'utf8');
  const verdict = (noticed, why) => ({ ...patch, noticed, why });
  const times = whole.split(patch.find).length - 1;
  if (times !== 1) return verdict(false, `its text is ${times} times in ${patch.file}`);
  try {
    writeFileSync(
      path,
      whole.replace(patch.find, () => patch.replace),
    );
    const built = run('node', [join(root, 'node_modules/typescript/bin/tsc'), '-b']);
    if (built.status !== 0) return verdict(false, `it does not compile: ${firstLine(built.stdout)}`);
    return verdict(...('scenario' in patch.test ? playScenario(patch.test) : runTest(patch.test)));
  } finally {
    writeFileSync(path, whole);
    run('node', [join(root, 'node_modules/typescript/bin/tsc'), '-b']);
  }
}

/** A scenario fails its lesson with exit code 1; 2 and 3 mean that it could not be played. */
function playScenario({ scenario }) {
  // What was compiled just now, and not the joined program of bin/.
  const words = ['packages/cli/dist/main.js', 'run', scenario, '--no-quiz', '--json'];
  const { status, stdout } = run('node', words);
  if (status === 0) return [false, 'the scenario passes'];
  if (status !== 1) return [false, `the scenario ends with ${status}`];
  const [{ steps = [], violations = [] } = {}] = JSON.parse(stdout).runs;
  const failed = steps.find((step) => step.status === 'failed');
  return [failed !== undefined || violations.length > 0, failed ? `line ${failed.line}, ${failed.title}` : ''];
}

function runTest({ project, file, name }) {
  const report = join(folder, 'patches-report.json');
  const title = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const words = ['run', '--project', project, file, '-t', title, '--reporter=json', `--outputFile=${report}`];
  run('node', [join(root, 'node_modules/vitest/vitest.mjs'), ...words]);
  const tests = JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap((each) => each.assertionResults);
  rmSync(report, { force: true });
  const ran = tests.filter(({ status }) => status === 'passed' || status === 'failed');
  if (ran.length === 0) return [false, 'the test did not run'];
  const failure = ran.flatMap(({ failureMessages }) => failureMessages).find((text) => BY_ASSERTION.test(text));
  if (failure === undefined)
    return [false, ran.some(({ status }) => status === 'failed') ? 'no assertion failed' : 'the test passes'];
  return [true, firstLine(failure)];
}

function firstLine(text) {
  return (text.split('\n').find((line) => line.trim() !== '') ?? '').slice(0, 120);
}
