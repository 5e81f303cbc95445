// Lets a part of `npm run harden` run alone: node scripts/harden/<part>.mjs [--n 1000] [--seed 1]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * Runs a part when its file is the one that Node was started with; prints its result as one line of JSON and sets the
 * exit code: 1 for something unhandled, a cut or a finding.
 */
export async function runAlone(moduleUrl, part) {
  if (process.argv[1] === undefined || fileURLToPath(moduleUrl) !== process.argv[1]) return;
  const { values } = parseArgs({
    options: { n: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
  });
  const inputs = Number(values.n);
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed)) {
    process.stderr.write('--n wants a number of inputs from 1 on, --seed a whole number: --n 1000 --seed 7\n');
    process.exit(2);
  }
  const result = await part.run({ inputs, seed, say: (line) => process.stderr.write(`${line}\n`) });
  for (const finding of result.findings) process.stderr.write(`finding: ${finding}\n`);
  process.stdout.write(`${JSON.stringify({ ...result, findings: result.findings.length })}\n`);
  process.exitCode = result.unhandled > 0 || result.cut > 0 || result.findings.length > 0 ? 1 : 0;
}
