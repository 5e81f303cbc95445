// Lets a script use what the tests use: TypeScript, with the packages read from src.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createViteServer } from 'vitest/node';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs `work` with a function that loads a TypeScript module of this repository.
 *
 * @param {(load: (path: string) => Promise<any>) => Promise<any>} work path is counted from the root, with a leading slash
 */
export async function withTypeScript(work) {
  const vite = await createViteServer({
    root,
    configFile: resolve(root, 'vitest.config.ts'),
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    logLevel: 'error',
  });
  try {
    return await work((path) => vite.ssrLoadModule(path));
  } finally {
    await vite.close();
  }
}
