import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileSystem } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { FaultyFileSystem, MemoryFileSystem, RecordingFileSystem } from '@vcryptsim/simkit';
import { afterEach, describe, expect, it } from 'vitest';
import { describeFileSystem, type Place } from './file-system-suite.js';

const onDisk = (files: FileSystem): Place => {
  const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-files-'));
  return { files, folder, dispose: () => rmSync(folder, { recursive: true }) };
};
const inMemory = (wrap: (files: FileSystem) => FileSystem = (files) => files): Place => ({
  files: wrap(new MemoryFileSystem()),
  folder: '',
  dispose: () => {},
});
const inMemoryFolder = (wrap?: (files: FileSystem) => FileSystem): Place => {
  const place = inMemory(wrap);
  void place.files.mkdir('/here');
  return { ...place, folder: '/here' };
};

describeFileSystem('OsFileSystem (sync)', () => onDisk(new OsFileSystem()));
describeFileSystem('OsFileSystem (pool)', () => onDisk(new OsFileSystem({ mode: 'pool' })));
describeFileSystem('OsFileSystem of files that a user names', () => onDisk(new OsFileSystem({ named: 'all' })));
describeFileSystem('MemoryFileSystem', () => inMemoryFolder());
describeFileSystem('RecordingFileSystem', () => inMemoryFolder((files) => new RecordingFileSystem(files)));
describeFileSystem('FaultyFileSystem without faults', () => inMemoryFolder((files) => new FaultyFileSystem(files)));
describeFileSystem('RecordingFileSystem over the disk', () =>
  onDisk(new RecordingFileSystem(new OsFileSystem(), { onOperation: () => {} })),
);

describe.each(['sync', 'pool'] as const)('OsFileSystem (%s) beside the interface', (mode) => {
  let place: Place;
  afterEach(() => place.dispose());

  it('never follows a link, and opens no pipe and no device', async () => {
    place = onDisk(new OsFileSystem({ mode }));
    const target = join(place.folder, 'target');
    const link = join(place.folder, 'link');
    writeFileSync(target, 'content');
    symlinkSync(target, link);
    expect((await place.files.lstat(link)).kind).toBe('link');
    await expect(place.files.open(link, { access: 'read' })).rejects.toMatchObject({ code: 'IS_LINK', path: link });
    await expect(place.files.open('/dev/null', { access: 'read' })).rejects.toMatchObject({ code: 'NOT_A_FILE' });
  });

  it('makes files and folders that others cannot read', async () => {
    place = onDisk(new OsFileSystem({ mode }));
    const file = join(place.folder, 'file');
    await (await place.files.open(file, { access: 'write', create: 'exclusive' })).close();
    await place.files.mkdir(join(place.folder, 'folder'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(place.folder, 'folder')).mode & 0o777).toBe(0o700);
  });

  it('makes its calls at once in sync mode', async () => {
    place = onDisk(new OsFileSystem());
    const file = join(place.folder, 'file');
    const opening = place.files.open(file, { access: 'write', create: 'exclusive' });
    expect(statSync(file).size).toBe(0);
    const handle = await opening;
    const writing = handle.pwrite(new Uint8Array(3), 0);
    expect(statSync(file).size).toBe(3);
    await writing;
    await handle.close();
  });
});

describe('MemoryFileSystem beside the interface', () => {
  it('fills up, keeps the part that found room, and has it again when files go', async () => {
    const files = new MemoryFileSystem({ capacityBytes: 3 * 4096 });
    const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
    await expect(handle.pwrite(new Uint8Array(4 * 4096), 0)).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect(await handle.sizeBytes()).toBe(3 * 4096);
    expect((await files.statfs('/')).freeBytes).toBe(0);
    await files.unlink('/a');
    expect((await files.statfs('/')).freeBytes).toBe(0);
    await handle.close();
    expect((await files.statfs('/')).freeBytes).toBe(3 * 4096);
  });
});
