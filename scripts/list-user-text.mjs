// Lists every text that a person can read of the product: `PATH:LINE  TEXT`, one a line. For reading it whole.
//   node scripts/list-user-text.mjs [--names] [PART-OF-PATH]
import { withTypeScript } from './read-typescript.mjs';

const words = process.argv.slice(2);
const wanted = words.find((word) => !word.startsWith('--')) ?? '';
await withTypeScript(async (load) => {
  const { exportedNames, productSentences, scenarioLines } = await load('/test/tidy/user-text.ts');
  const texts = words.includes('--names') ? exportedNames() : [...productSentences(), ...scenarioLines()];
  for (const { path, line, text } of texts) {
    if (path.includes(wanted) && text.trim() !== '') process.stdout.write(`${path}:${line}  ${text}\n`);
  }
});
