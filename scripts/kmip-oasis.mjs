// Replays the OASIS test cases against the key server, over mutual TLS on loopback under virtual time.
//   npm run kmip:oasis [-- [--wire memory] [FILE...]]      default: the files beside the checkout, ../shared/kmip
// One line a case; last one line of JSON. A case that asks for what is left out is unsupported; what it asks before that
// must be right all the same. Exit 1 when a case fails; 3 when the cases are not at hand.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root, withTypeScript } from './read-typescript.mjs';

const { values, positionals } = parseArgs({
  options: { wire: { type: 'string', default: 'tls' } },
  allowPositionals: true,
});
const shared = process.env.VCRYPTSIM_SHARED ?? resolve(root, '../shared');
const files =
  positionals.length > 0
    ? positionals
    : ['oasis-1.0.json', 'oasis-1.1-part.json'].map((name) => resolve(shared, 'kmip', name));
const missing = files.find((file) => !existsSync(file));
if (missing !== undefined || !['tls', 'memory'].includes(values.wire)) {
  process.stderr.write(
    `${missing === undefined ? '--wire is tls or memory' : `${missing} does not exist. Name the files of cases.`}\n`,
  );
  process.exit(3);
}

const unsupported = [];
let [cases, passed, failed] = [0, 0, 0];
await withTypeScript(async (load) => {
  const { readOasisFile } = await load('/packages/kms/test/oasis/oasis-case.ts');
  const { runOasis } = await load('/packages/kms/test/oasis/run-oasis.ts');
  for (const file of files) {
    for await (const { id, outcome, unsupported: reason } of runOasis(readOasisFile(file), values.wire)) {
      cases += 1;
      if (!outcome.passed) {
        failed += 1;
        console.log(`FAIL         ${id}, step ${outcome.step} (${outcome.brief}): ${outcome.differences.join('; ')}`);
      } else if (reason !== undefined) {
        unsupported.push({ id, reason });
        console.log(`unsupported  ${id}: ${reason}`);
      } else {
        passed += 1;
        console.log(`pass         ${id}`);
      }
    }
  }
});
console.log(JSON.stringify({ cases, passed, unsupported }));
process.exitCode = failed === 0 ? 0 : 1;
