// A root key's file that cannot be read now is not a malformed root key: the advice would cost the store.
import { FileError, type FileErrorCode } from '@vcryptsim/ports';
import { SystemEntropy } from '@vcryptsim/ports/os';
import { type FaultyFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { RootKey } from '../src/store/root-key.js';

describe("a root key's file", () => {
  const load = (files: MemoryFileSystem | FaultyFileSystem) =>
    RootKey.load({ files, path: '/root.key', mayCreate: true, entropy: new SystemEntropy() });

  it.each<FileErrorCode>(['TOO_MANY_OPEN', 'IO', 'NOT_PERMITTED'])(
    'that fails with %s is told as that',
    async (code) => {
      const files = new MemoryFileSystem({});
      await load(files);
      const failing = new Proxy(files, {
        get: (target, name: keyof MemoryFileSystem) =>
          name === 'open'
            ? () => Promise.reject(new FileError(code, 'open', '/root.key'))
            : (target[name] as () => unknown).bind(target),
      });
      await expect(load(failing)).rejects.toMatchObject({ name: 'FileError', code, path: '/root.key' });
      await load(files);
    },
  );

  it.each([0, 31, 33])('of %i bytes is malformed', async (sizeBytes) => {
    const files = new MemoryFileSystem({});
    const handle = await files.open('/root.key', { access: 'write', create: 'exclusive' });
    await handle.pwrite(new Uint8Array(sizeBytes), 0);
    await handle.close();
    await expect(load(files)).rejects.toMatchObject({ code: 'ROOT_KEY_MALFORMED' });
  });
});
