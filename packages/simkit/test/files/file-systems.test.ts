import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileSystem, readWhole } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import {
  FaultyFileSystem,
  MachineFileSystem,
  MemoryFileSystem,
  MountedFileSystem,
  PowerCutFileSystem,
  PowerSwitch,
  RecordingFileSystem,
} from '@vcryptsim/simkit';
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

const bytesOf = (...bytes: number[]) => new Uint8Array(bytes);

describeFileSystem('OsFileSystem (sync)', () => onDisk(new OsFileSystem()));
describeFileSystem('OsFileSystem (pool)', () => onDisk(new OsFileSystem({ mode: 'pool' })));
describeFileSystem('OsFileSystem of files that a user names', () => onDisk(new OsFileSystem({ named: 'all' })));
describeFileSystem('MemoryFileSystem', () => inMemoryFolder());
describeFileSystem('RecordingFileSystem', () => inMemoryFolder((files) => new RecordingFileSystem(files)));
describeFileSystem('FaultyFileSystem without faults', () => inMemoryFolder((files) => new FaultyFileSystem(files)));
describeFileSystem('PowerCutFileSystem', () => inMemoryFolder((files) => new PowerCutFileSystem(files)));
for (const mode of ['sync', 'pool'] as const)
  describeFileSystem(`PowerCutFileSystem over the disk (${mode})`, () => {
    const files = new PowerCutFileSystem(new OsFileSystem({ mode }));
    const place = onDisk(files);
    return { ...place, dispose: () => void files.dispose().then(place.dispose) };
  });
describeFileSystem('MachineFileSystem', () =>
  inMemoryFolder((files) => new MachineFileSystem(files, new PowerSwitch(new PowerSwitch()))),
);
describeFileSystem('MountedFileSystem, inside a mount', () => {
  const mounted = new MemoryFileSystem();
  void mounted.mkdir('/here');
  const files = new MountedFileSystem(new MemoryFileSystem(), new Map([['/here', mounted]]));
  return { files, folder: '/here', dispose: () => {} };
});
describeFileSystem('MountedFileSystem, beside its mounts', () =>
  inMemoryFolder((files) => new MountedFileSystem(files, new Map([['/there', new MemoryFileSystem()]]))),
);
describeFileSystem('a fork of MemoryFileSystem', () => {
  const memory = new MemoryFileSystem();
  void memory.mkdir('/here');
  return { files: memory.fork(), folder: '/here', dispose: () => {} };
});
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
  it('forks: the same files, links and room, and from then on each its own', async () => {
    const files = new MemoryFileSystem({ capacityBytes: 5 * 4096 });
    const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
    await handle.pwrite(new Uint8Array(2 * 4096).fill(1), 0);
    await files.link('/a', '/b');
    await files.open('/gone', { access: 'write', create: 'exclusive' }).then((gone) => gone.pwrite(bytesOf(1), 0));
    await files.unlink('/gone');
    const fork = files.fork();
    expect((await files.statfs('/')).freeBytes).toBe(2 * 4096);
    expect((await fork.statfs('/')).freeBytes).toBe(3 * 4096);
    await handle.pwrite(bytesOf(2), 0);
    await handle.truncate(4097);
    const there = await fork.open('/b', { access: 'write' });
    await there.pwrite(bytesOf(3), 4096);
    expect([...(await readWhole(files, '/b', 9999))].filter((byte) => byte !== 1)).toEqual([2]);
    expect([...(await readWhole(fork, '/a', 9999))].map((byte, at) => byte !== 1 && at).filter(Boolean)).toEqual([
      4096,
    ]);
    await fork.unlink('/a');
    await fork.unlink('/b');
    await there.close();
    expect((await fork.statfs('/')).freeBytes).toBe(5 * 4096);
    expect(await files.readdir('/')).toEqual(['a', 'b']);
  });

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
