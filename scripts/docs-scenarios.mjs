// Writes the documents about the scenario language that are made from what is registered: the reference and the schemas.
//   node scripts/docs-scenarios.mjs
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { madeDocuments } from '@vcryptsim/scenario-engine/reference';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
for (const { path, text } of madeDocuments()) {
  mkdirSync(dirname(resolve(ROOT, path)), { recursive: true });
  writeFileSync(resolve(ROOT, path), text);
  console.log(path);
}
