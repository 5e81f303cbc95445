// The pipeline of docs/ci-for-kms-vendors.md, run as it is written there, against PyKMIP's server.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../support/left-out.js';
import { freePort, whyNoPykmipServer } from '../support/pykmip-server.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const text = readFileSync(join(root, 'docs/ci-for-kms-vendors.md'), 'utf8');
const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
/** As Debian's command does; where it is installed for another interpreter it may be missing from the path. */
const PYKMIP = '#!/usr/bin/python3\nfrom kmip.services.server.server import main\nmain()\n';

const oneLine = (words: string) => words.replaceAll(/[\\\s]+/g, ' ').trim();
const checkOf = (words: string) =>
  /node vcryptsim\S+ kmip check [^\n]*--report junit=\S+ --save-wire \S+/.exec(words)?.[0];

describe('docs/ci-for-kms-vendors.md', () => {
  it('has the same check in the shell, for GitHub Actions and for GitLab', () => {
    const found = [...text.matchAll(/node vcryptsim\/[\s\S]*?--save-wire kmip-wire/g)].map(([words]) =>
      checkOf(oneLine(words.slice(words.lastIndexOf('node ')))),
    );
    expect(found).toHaveLength(3);
    expect(new Set(found).size).toBe(1);
    expect(found[0]).toContain('kmip check 127.0.0.1:5696 --cert vc.pem --key vc.key --ca ca.pem --report');
  });
});

const reason = whyNoPykmipServer();
if (reason !== null) leftOut('docs/ci-for-kms-vendors.md', reason);

describe.runIf(reason === null)("the shell blocks, against PyKMIP's server", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-ci-document-'));
    symlinkSync(root, join(folder, 'vcryptsim'));
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin', 'pykmip-server'), PYKMIP, { mode: 0o755 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('end with 0, a report of each kind and the messages of each check', async () => {
    expect(blocks).toHaveLength(2);
    const script = blocks.join('\n').replaceAll('5696', String(await freePort()));
    const { status, stdout, stderr } = spawnSync('bash', ['-e', '-u', '-o', 'pipefail', '-c', script], {
      cwd: folder,
      env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}` },
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect([status, stdout], stderr).toEqual([0, expect.stringMatching(/, 2 tolerated, 0 failed, \d not tried\.\n$/)]);
    const report = JSON.parse(readFileSync(join(folder, 'kmip-check.json'), 'utf8')) as {
      results: { name: string; outcome: string }[];
    };
    const tolerated = report.results.filter(({ outcome }) => outcome === 'tolerated').map(({ name }) => name);
    expect(tolerated).toEqual(['tag-key', 'answer-header']);
    expect(readFileSync(join(folder, 'kmip-check.xml'), 'utf8')).toContain('<testcase name="get-key"');
    expect(readdirSync(join(folder, 'kmip-wire')).some((name) => name.endsWith('-get-key.kmip'))).toBe(true);
  }, 150_000);
});
