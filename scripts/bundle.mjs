// Joins the compiled CLI and all that it imports into a few files, `packages/cli/dist/bundle/`, which `bin/vcryptsim.js`
// starts: of the thousand small modules of the workspace and of its libraries, finding and reading took longer than most
// commands (docs/decisions/0019). What a verb alone needs stays in a file of its own and is read when the verb is asked for.
import { rmSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = resolve(root, 'packages/cli/dist/bundle');

/** A module that looks for a file beside itself goes on finding it: its own place is told from the bundle's. */
const keepsItsPlace = {
  name: 'keeps-its-place',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null;
    const place = JSON.stringify(relative(folder, id));
    return { code: code.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`), map: null };
  },
};

rmSync(folder, { recursive: true, force: true });
const bundle = await rolldown({
  input: resolve(root, 'packages/cli/dist/main.js'),
  platform: 'node',
  plugins: [keepsItsPlace],
  logLevel: 'warn',
});
await bundle.write({ dir: folder, format: 'esm' });
await bundle.close();
