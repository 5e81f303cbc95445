// Brings a fresh clone to a state in which everything runs: pnpm by npx, a frozen install, a build.
// No dependencies of its own. Does nothing, and says nothing, when nothing changed, so that `npm run demo` starts at once.
// What it did last is kept as two stamps in node_modules; a stamp is written after its work, so a cut heals by itself.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const INSTALL_STAMP = 'node_modules/.vcryptsim-installed';
const BUILD_STAMP = 'node_modules/.vcryptsim-built';
const BUNDLE = 'packages/cli/dist/bundle/main.js';
const LOCK = '.vcryptsim/bootstrap.lock';

const say = (text) => process.stderr.write(`vcryptsim: ${text}\n`);
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const digest = (parts) => createHash('sha256').update(parts.join('\0')).digest('hex');

function give(up) {
  say(up);
  process.exit(1);
}

/** Runs a command in silence. If it fails, shows what it said, and ends. */
function run(command, args, advice) {
  const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 };
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    ...options,
    env: { ...process.env, CI: 'true' },
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  give(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}. ${advice}`);
}

/** Folders of the workspace that have a package.json: the places where libraries are linked and dist is built. */
function packageFolders() {
  return [...readdirSync('packages').map((name) => `packages/${name}`), 'bench'].filter((folder) =>
    existsSync(`${folder}/package.json`),
  );
}

const { packageManager } = JSON.parse(read(join(dirname(fileURLToPath(import.meta.url)), '../package.json')));
const installable = () => digest([packageManager, process.version, process.arch, read('pnpm-lock.yaml')]);

function isInstalled() {
  const linked = (folder) => {
    const { dependencies = {} } = JSON.parse(read(`${folder}/package.json`));
    return Object.keys(dependencies).every((name) => existsSync(`${folder}/node_modules/${name}/package.json`));
  };
  return read(INSTALL_STAMP) === installable() && packageFolders().every(linked);
}

function install() {
  say('installing libraries (once, about 10 seconds) ...');
  run(
    'npx',
    ['--yes', packageManager, 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'],
    'Check that the npm registry can be reached, then run the command again.',
  );
  writeFileSync(INSTALL_STAMP, installable());
}

/** Files under `folder`, as `visit(path, name)`. */
function walk(folder, visit) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) walk(`${folder}/${entry.name}`, visit);
    else visit(`${folder}/${entry.name}`, entry.name);
  }
}

/** Path, size and time of every source: enough to see that nothing changed, without starting a compiler. */
function buildable() {
  const parts = [process.version, read('tsconfig.base.json'), read('tsconfig.json'), read('scripts/bundle.mjs')];
  for (const folder of packageFolders()) {
    parts.push(read(`${folder}/package.json`), read(`${folder}/tsconfig.json`));
    walk(`${folder}/src`, (path) => {
      const { size, mtimeMs } = statSync(path);
      parts.push(`${path} ${size} ${mtimeMs}`);
    });
  }
  return digest(parts);
}

/** Says whether each source has its output: somebody may have taken a part of dist away. */
function hasOutputs() {
  let whole = true;
  for (const folder of packageFolders()) {
    walk(`${folder}/src`, (path, name) => {
      const output = path.replace('/src/', '/dist/').replace(/\.ts$/, '.js');
      if (/(?<!\.d)\.ts$/.test(name) && !existsSync(output)) whole = false;
    });
  }
  return whole;
}

const isBuilt = () => read(BUILD_STAMP) === buildable() && hasOutputs() && existsSync(BUNDLE);

function build() {
  say('building ...');
  const stamp = buildable(); // before the compiler reads them: a file that changes meanwhile is built next time
  const compile = (...args) =>
    run(process.execPath, ['node_modules/typescript/bin/tsc', '-b', ...args], 'The sources do not compile.');
  compile();
  if (!hasOutputs()) compile('--force'); // the compiler trusts its own notes about a dist that was cut
  run(process.execPath, ['scripts/bundle.mjs'], 'The compiled program cannot be joined.');
  writeFileSync(BUILD_STAMP, stamp);
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Lets one process at a time install and build in this folder. A lock whose owner is gone is taken over. */
function takeLock() {
  mkdirSync(dirname(LOCK), { recursive: true });
  for (let told = false; ; ) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      process.on('exit', () => rmSync(LOCK, { force: true }));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = Number(read(LOCK));
    if (owner > 0 && !isAlive(owner)) {
      const aside = `${LOCK}.${process.pid}`;
      try {
        renameSync(LOCK, aside);
        rmSync(aside);
      } catch {} // another process was quicker
      continue;
    }
    if (!told) say(`process ${owner} is installing or building here; waiting (if it is not, remove ${LOCK}) ...`);
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  give(`Node 20.19 or newer is needed; this is ${process.version}. Install a newer Node and try again.`);
}
if (process.platform === 'win32') give('native Windows is not supported. Use WSL.');

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
if (!isInstalled() || !isBuilt()) {
  takeLock();
  if (!isInstalled()) install();
  if (!isBuilt()) build();
}
