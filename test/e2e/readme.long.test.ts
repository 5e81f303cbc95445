// The README is true: its commands work in the order in which they are there, and its sample is what the demo prints.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCli, runCli, startServer } from '../support/run-cli.js';

const README = readFileSync('README.md', 'utf8');
const PROGRAM = 'npx --no-install vcryptsim ';
const KMIP_ADDRESS = '127.0.0.1:5696';

let folder: string;
let address: string;
const servers: RunningCli[] = [];

/** A port that nothing uses now, so that the one of the README may be in use. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Lines of the README's code blocks that are commands, without what a comment adds. */
function commands(): string[] {
  const blocks = [...README.matchAll(/^```\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return blocks
    .filter((block) => /^(?:npx|npm|head) /.test(block))
    .flatMap((block) => block.trim().split('\n'))
    .map((line) => line.replace(/\s+# .*$/, ''));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcryptsim-readme-'));
  cpSync('scenarios', join(folder, 'scenarios'), { recursive: true });
  address = `127.0.0.1:${await freePort()}`;
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the README', () => {
  it('has commands that work in their order', async () => {
    const all = commands();
    expect(all.length).toBeGreaterThan(14);
    for (const line of all.filter((each) => !each.startsWith('npm '))) {
      if (!line.startsWith(PROGRAM)) {
        execFileSync('sh', ['-c', line], { cwd: folder });
        continue;
      }
      const words = line.slice(PROGRAM.length).replaceAll(KMIP_ADDRESS, address).split(' ');
      if (words[1] === 'serve') {
        const at = words.indexOf('--dir') + 1;
        servers.push(await startServer(words.with(at, join(folder, words[at] ?? ''))));
        continue;
      }
      const { exitCode, stderr } = await runCli(words, { cwd: folder });
      expect([line, exitCode, stderr]).toEqual([line, 0, stderr]);
    }
  });

  it('names npm scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const named = commands().filter((line) => line.startsWith('npm '));
    expect(named).toEqual(['npm run demo', 'npm test']);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test']));
  });

  it('shows what the demo prints', async () => {
    const keep = join(folder, 'demo');
    const scenario = resolve('scenarios/host-reboot-without-kms.yaml');
    const { stdout } = await runCli(['run', scenario, '--keep', keep], { cwd: folder });
    // Where lines break depends on how long the folder's name is.
    const plain = (text: string) =>
      text
        .replaceAll(keep, 'FOLDER')
        .replaceAll(/\s\\\n/g, ' ')
        .replaceAll(/\s+/g, ' ');
    const sample = [...README.matchAll(/^```\n(A host reboots[\s\S]*?)^```$/gm)][0]?.[1] ?? '';
    const parts = sample.split(/^\[.*left out.*\]$/m);
    expect(parts).toHaveLength(2);
    for (const part of parts) {
      // The last command names the next scenario as a path from here.
      const shown = plain(part.trim()).replace(/run scenarios\/\S+$/, 'run ');
      expect(plain(stdout)).toContain(shown.trimEnd());
    }
  });
});
