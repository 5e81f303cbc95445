import { makeFolders, readWhole, replaceFile } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { DatastoreFiles } from '../src/world/datastore-files.js';
import { editText } from '../src/world/text-edit.js';

const VM = { datastore: 'ds1', folder: 'web', fileName: null };
const VMX = { ...VM, fileName: 'web.vmx' };
let files: MemoryFileSystem;
let store: DatastoreFiles;

const read = async (path: string): Promise<string> => Buffer.from(await readWhole(files, path, 1000)).toString();
const write = (path: string, text: string): Promise<void> => replaceFile(files, path, Buffer.from(text));

beforeEach(async () => {
  files = new MemoryFileSystem();
  await makeFolders(files, '/run/datastores/ds1/web');
  await write('/run/datastores/ds1/web/web.vmx', 'a = "1"\r\n# Größe\r\n');
  await write('/run/datastores/ds1/web/web.vmdk', 'version=1\n');
  store = new DatastoreFiles({ folder: { datastores: '/run/datastores', copies: '/run/copies' }, files });
});

describe('an edit by hand', () => {
  it.each([
    [{ find: 'Größe', put: 'größer' }, 'a = "1"\r\n# größer\r\n', 1],
    [{ find: '\r\n', put: '\n' }, 'a = "1"\n# Größe\n', 2],
    [{ add: '# ö' }, 'a = "1"\r\n# Größe\r\n# ö\r\n', 1],
    [{ drop: 'a =' }, '# Größe\r\n', 1],
  ])('%j', async (edit, after, places) => {
    expect((await store.edit(VMX, edit)).places).toBe(places);
    expect(await read('/run/datastores/ds1/web/web.vmx')).toBe(after);
  });

  it('ends the last line before it adds one, and keeps bytes of any encoding', () => {
    const edited = editText(Buffer.from([0x61, 0xff, 0xfe]), { add: 'b' }, 'f');
    expect(Buffer.from(edited.bytes)).toEqual(Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0x62, 0x0a]));
  });

  it.each([[{ find: 'none', put: 'x' }], [{ drop: 'b' }]])('that would change nothing is refused: %j', async (edit) => {
    const refused = expect.objectContaining({
      code: 'TEXT_NOT_FOUND',
      message: expect.stringContaining('[ds1] web/web.vmx'),
    });
    await expect(store.edit(VMX, edit)).rejects.toEqual(refused);
  });
});

describe('a copy that is put back', () => {
  it('of a folder: all files are what they were, and what came since is gone', async () => {
    await store.copy(VM, 'monday');
    await store.edit(VMX, { drop: 'a' });
    await write('/run/datastores/ds1/web/new', 'x');
    expect(await store.restore('monday')).toEqual(['[ds1] web']);
    expect(await files.readdir('/run/datastores/ds1/web')).toEqual(['web.vmdk', 'web.vmx']);
    expect(await read('/run/datastores/ds1/web/web.vmx')).toContain('a = "1"');
  });

  it('of one file: the others stay; the later copy of a name counts', async () => {
    await store.copy(VM, 'monday');
    await store.copy(VMX, 'monday');
    await store.edit(VMX, { drop: 'a' });
    await write('/run/datastores/ds1/web/web.vmdk', 'version=2\n');
    expect(await store.restore('monday')).toEqual(['[ds1] web/web.vmx']);
    expect(await read('/run/datastores/ds1/web/web.vmx')).toContain('a = "1"');
    expect(await read('/run/datastores/ds1/web/web.vmdk')).toBe('version=2\n');
  });

  it('that was never taken is refused, with those that are there', async () => {
    await expect(store.restore('monday')).rejects.toMatchObject({ code: 'NO_COPY' });
    await store.copy(VMX, 'sunday');
    await expect(store.restore('monday')).rejects.toThrow(/There are: sunday/);
  });
});
