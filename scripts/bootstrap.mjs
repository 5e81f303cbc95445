// Brings a fresh clone to a state in which everything runs: pnpm by npx, a frozen install, a build.
// No dependencies of its own. Does nothing when nothing changed, so that `npm run demo` starts at once.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`vcryptsim needs Node 20.19 or newer; this is ${process.version}. Install a newer Node and try again.`);
  process.exit(1);
}
if (process.platform === 'win32') {
  console.error('vcryptsim does not run on native Windows. Use WSL.');
  process.exit(1);
}

const INSTALL_STAMP = 'node_modules/.vcryptsim-installed';
const BUILD_STAMP = 'node_modules/.vcryptsim-built';
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const digest = (parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
};

/** Runs a command; on failure ends with its status and with `advice`. */
function run(command, args, advice) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, CI: 'true' } });
  if (status === 0) return;
  console.error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}. ${advice}`);
  process.exit(status || 1);
}

const { packageManager } = JSON.parse(read('package.json'));
const installed = () => digest([packageManager, process.version, read('pnpm-lock.yaml')]);
if (read(INSTALL_STAMP) !== installed()) {
  const frozen = existsSync('pnpm-lock.yaml') ? ['--frozen-lockfile'] : [];
  run(
    'npx',
    ['--yes', packageManager, 'install', ...frozen, '--prefer-offline', '--reporter=append-only'],
    'Check that the npm registry can be reached, then run the command again.',
  );
  writeFileSync(INSTALL_STAMP, installed());
}

/** Path, size and time of every source file: enough to see that nothing changed, without starting a compiler. */
function sources(folder, found = []) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'dist' && entry.name !== 'node_modules' && entry.name !== 'test') sources(path, found);
    } else if (/\.(ts|json)$/.test(entry.name)) {
      const { size, mtimeMs } = statSync(path);
      found.push(`${path} ${size} ${mtimeMs}`);
    }
  }
  return found;
}

const built = () => digest([process.version, ...sources('packages'), ...sources('bench'), read('tsconfig.base.json')]);
const complete = () =>
  readdirSync('packages').every(
    (name) => !existsSync(`packages/${name}/tsconfig.json`) || existsSync(`packages/${name}/dist`),
  );
if (read(BUILD_STAMP) !== built() || !complete()) {
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], 'The sources do not compile.');
  writeFileSync(BUILD_STAMP, built());
}
