// What `inspect` says of VMDKs that qemu-img wrote, in each form.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { describeFolder } from '../src/inspect/describe-folder.js';
import { reportOn } from '../src/inspect/open-report.js';

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) leftOut('inspect on VMDKs of qemu-img', 'qemu-img is not installed (package qemu-utils)');

const FORMS = ['monolithicSparse', 'monolithicFlat', 'twoGbMaxExtentSparse', 'twoGbMaxExtentFlat', 'streamOptimized'];

describe.runIf(hasQemu)('VMDKs of qemu-img', () => {
  let folder: string;
  const files = new OsFileSystem();
  const report = async (name: string) => (await reportOn(files, join(folder, name), name)).report;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-inspect-'));
    const raw = join(folder, 'raw.img');
    writeFileSync(raw, 'in clear '.repeat(60_000).slice(0, 512 * 1000));
    for (const form of FORMS) {
      const vmdk = join(folder, `${form}.vmdk`);
      execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'vmdk', '-o', `subformat=${form}`, raw, vmdk]);
    }
    rmSync(raw);
    const base = join(folder, 'monolithicSparse.vmdk');
    execFileSync('qemu-img', ['create', '-f', 'vmdk', '-b', base, '-F', 'vmdk', join(folder, 'child.vmdk')]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are told of in every form, also the parts of the split ones', async () => {
    const { files: entries } = await describeFolder(files, folder, 'folder');
    expect(entries.map(({ file, shows }) => [file, shows])).toEqual(
      readdirSync(folder)
        .sort()
        .map((file) => [file, 'all']),
    );
    expect(entries.length).toBeGreaterThanOrEqual(9);
    expect((await report('twoGbMaxExtentSparse-s001.vmdk')).notes?.join(' ')).toContain('twoGbMaxExtentSparse.vmdk');
  });

  it('a child names its parent', async () => {
    const notes = (await report('child.vmdk')).notes ?? [];
    expect(notes.join(' ')).toContain('It is a child of');
  });
});
