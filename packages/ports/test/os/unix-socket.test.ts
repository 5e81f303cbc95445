import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalChannel } from '@vcryptsim/ports';
import { UnixSocket } from '@vcryptsim/ports/os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leftOut } from '../../../../test/support/left-out.js';

const sockets = new UnixSocket();
const isLinux = process.platform === 'linux';
if (!isLinux) leftOut('a unix socket in a folder of any depth', 'only Linux reaches a folder by its open handle');
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unix-socket-'));
  path = `${folder}/a.sock`;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bytes = (text: string) => new TextEncoder().encode(text);

/** Answers each piece with itself until the peer ends or the plug is pulled. */
async function echo(channel: LocalChannel): Promise<void> {
  try {
    for (let piece = await channel.read(); piece; piece = await channel.read()) await channel.write(piece);
    await channel.close();
  } catch (error) {
    expect(error).toMatchObject({ code: 'RESET' });
  }
}

describe('UnixSocket', () => {
  it('carries bytes both ways, and the end of the stream', async () => {
    const listener = await sockets.listen(path, echo);
    const channel = await sockets.connect(path);
    await channel.write(bytes('hello'));
    expect(new TextDecoder().decode((await channel.read())!)).toBe('hello');
    await channel.close();
    expect(await channel.read()).toBeNull();
    await listener.close();
  });

  it('makes its file for the owner only, and takes it away', async () => {
    const listener = await sockets.listen(path, echo);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await listener.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses where nobody listens, and a second listener', async () => {
    await expect(sockets.connect(path)).rejects.toMatchObject({ code: 'REFUSED' });
    const listener = await sockets.listen(path, echo);
    await expect(sockets.listen(path, echo)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    expect(await sockets.connect(path)).toBeDefined();
    await listener.close();
  });

  it('replaces what a cut left in its place', async () => {
    await writeFile(path, '');
    await expect(sockets.connect(path)).rejects.toMatchObject({ code: 'REFUSED' });
    const listener = await sockets.listen(path, echo);
    await (await sockets.connect(path)).close();
    await listener.close();
  });

  it('replaces nothing that holds something: no file with content, no link, no folder', async () => {
    const kept = `${folder}/kept`;
    await writeFile(kept, 'precious');
    const ways: (() => Promise<unknown>)[] = [
      () => writeFile(path, 'precious'),
      () => symlink('kept', path),
      () => mkdir(path),
    ];
    for (const make of ways) {
      await make();
      const before = await lstat(path);
      await expect(sockets.listen(path, echo)).rejects.toMatchObject({
        code: 'ADDRESS_IN_USE',
        message: expect.stringContaining('is no socket'),
      });
      expect((await lstat(path)).ino).toBe(before.ino);
      await rm(path, { recursive: true });
    }
    expect(await readFile(kept, 'utf8')).toBe('precious');
  });

  it('pulls the plug of open connections when it closes', async () => {
    let served: LocalChannel | undefined;
    const listener = await sockets.listen(path, async (channel) => {
      served = channel;
    });
    const channel = await sockets.connect(path);
    await channel.write(bytes('?'));
    await listener.close();
    expect(await channel.read().catch((error: unknown) => error)).toSatisfy(
      (end: unknown) => end === null || (end instanceof Error && 'code' in end && end.code === 'RESET'),
    );
    await expect(served!.write(bytes('late'))).rejects.toMatchObject({ code: 'RESET' });
  });

  it('says when a name is too long for a socket', async () => {
    const long = `${folder}/${'x'.repeat(120)}`;
    await expect(sockets.listen(long, echo)).rejects.toMatchObject({ code: 'NAME_TOO_LONG' });
    await expect(sockets.connect(long)).rejects.toThrow('too long');
  });

  it.runIf(isLinux)('works in a folder of any depth, and is as it is elsewhere', async () => {
    const deep = `${folder}/${'d'.repeat(100)}/${'e'.repeat(100)}`;
    await mkdir(deep, { recursive: true });
    const far = `${deep}/a.sock`;
    await expect(sockets.connect(far)).rejects.toMatchObject({ code: 'REFUSED' });
    const listener = await sockets.listen(far, echo);
    expect((await stat(far)).mode & 0o777).toBe(0o600);
    await expect(sockets.listen(far, echo)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    const channel = await sockets.connect(far);
    await channel.write(bytes('hello'));
    expect(new TextDecoder().decode((await channel.read())!)).toBe('hello');
    await channel.close();
    await listener.close();
    expect(await readdir(deep)).toEqual([]);
    await expect(sockets.connect(`${folder}/${'n'.repeat(100)}/a.sock`)).rejects.toMatchObject({ code: 'REFUSED' });
  });
});
