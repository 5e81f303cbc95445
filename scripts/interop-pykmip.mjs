// PyKMIP's own server under `kmip check`, and as the key server of the demo scenario.
//   npm run interop:pykmip
// Prints what both say; last one line of JSON. Exit 1 when one of them fails, 3 when PyKMIP is not at hand.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { root, withTypeScript } from './read-typescript.mjs';

const SCENARIO = 'scenarios/host-reboot-without-kms.yaml';

await withTypeScript(async (load) => {
  const { PykmipServer, whyNoPykmipServer } = await load('/test/support/pykmip-server.ts');
  const reason = whyNoPykmipServer();
  if (reason !== null) {
    process.stderr.write(`LEFT OUT interop with PyKMIP's server: ${reason}\n`);
    process.exitCode = 3;
    return;
  }
  const server = await PykmipServer.start();
  try {
    const { cert, key, ca } = server.client;
    const address = `${server.host}:${server.port}`;
    const check = cli(['kmip', 'check', address, '--cert', cert, '--key', key, '--ca', ca]);
    const access = ['--kms', address, '--kms-cert', cert, '--kms-key', key, '--kms-ca', ca];
    const scenario = cli(['run', SCENARIO, '--no-quiz', '--keep', join(server.folder, 'run'), ...access]);
    console.log(JSON.stringify({ check, scenario }));
    process.exitCode = check === 0 && scenario === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
});

/** Runs `vcryptsim WORDS...`, shows what it says and answers its exit code. */
function cli(words) {
  console.log(`\n$ vcryptsim ${words.join(' ')}`);
  const bin = resolve(root, 'packages/cli/bin/vcryptsim.js');
  return spawnSync(process.execPath, [bin, ...words], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status;
}
