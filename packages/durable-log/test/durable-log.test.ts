import { type ChainCheck, DurableLog, type DurableLogOptions, sha256Check } from '@vcryptsim/durable-log';
import { exists, type FileSystem, readWhole, replaceFile } from '@vcryptsim/ports';
import { FaultyFileSystem, MemoryFileSystem, RecordingFileSystem } from '@vcryptsim/simkit';
import { beforeEach, describe, expect, it } from 'vitest';

const PATH = '/owner/log';
const HEAD_BYTES = 28 + 'test 1'.length + 64;
const frameBytesOf = (...texts: string[]) => 16 + 64 + texts.reduce((sum, text) => sum + 4 + text.length, 0);
const bytesOf = (text: string) => new TextEncoder().encode(text);

let files: MemoryFileSystem;
beforeEach(async () => {
  files = new MemoryFileSystem();
  await files.mkdir('/owner');
});

async function open(place: FileSystem = files, o: Partial<DurableLogOptions> = {}) {
  const texts: string[] = [];
  const options = { files: place, path: PATH, format: 'test 1', check: sha256Check, ...o };
  const opened = await DurableLog.open(options, (record) => texts.push(new TextDecoder().decode(record)));
  return { ...opened, texts };
}
async function written(...texts: string[]): Promise<Uint8Array> {
  const { log } = await open();
  for (const text of texts) await log.append(bytesOf(text));
  await log.close();
  return content();
}
async function textsIn(place: FileSystem = files): Promise<string[]> {
  const { log, texts } = await open(place);
  await log.close();
  return texts;
}
const content = () => readWhole(files, PATH, 1e9);
const put = (...parts: Uint8Array[]) => replaceFile(files, PATH, Uint8Array.from(Buffer.concat(parts)));

describe('a durable log', () => {
  it('is made where there is none, and says so', async () => {
    const { log, isNew, tornBytes } = await open();
    expect([isNew, tornBytes, log.recordCount, log.sizeBytes]).toEqual([true, 0, 0, HEAD_BYTES]);
    await log.close();
    expect(await open()).toMatchObject({ isNew: false, texts: [] });
  });

  it('is not made by an owner whose log must be there', async () => {
    await expect(open(files, { mayCreate: false })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await exists(files, PATH)).toBe(false);
  });

  it('counts its records and bytes as they become durable', async () => {
    const { log } = await open();
    const waiting = log.appendAll([bytesOf('a'), bytesOf('bc')]);
    expect([log.recordCount, log.sizeBytes]).toEqual([0, HEAD_BYTES]);
    await waiting;
    expect([log.recordCount, log.sizeBytes]).toEqual([2, HEAD_BYTES + frameBytesOf('a', 'bc')]);
    await log.close();
    expect(await textsIn()).toEqual(['a', 'bc']);
    expect((await content()).length).toBe(HEAD_BYTES + frameBytesOf('a', 'bc'));
  });

  it('tells an owner after the fsync, in order, and shares one write between changes that come together', async () => {
    const seen: string[] = [];
    const { log } = await open(new RecordingFileSystem(files, { onOperation: ({ kind }) => seen.push(kind) }));
    seen.length = 0;
    await Promise.all(['a', 'b', 'c'].map((text) => log.append(bytesOf(text), () => seen.push(text))));
    expect(seen).toEqual(['write', 'fsync', 'a', 'write', 'fsync', 'b', 'c']);
    await log.close();
    expect(await textsIn()).toEqual(['a', 'b', 'c']);
  });

  it('reads a long file in bounded memory, and its records in order', async () => {
    const { log } = await open();
    const record = new Uint8Array(256 * 1024);
    for (let n = 0; n < 48; n++) {
      record[0] = n;
      await log.append(record.slice());
    }
    await log.close();
    let longestRead = 0;
    class Watched extends RecordingFileSystem {
      override async open(...call: Parameters<FileSystem['open']>) {
        const handle = await super.open(...call);
        const pread = (buffer: Uint8Array, offsetBytes: number) => {
          longestRead = Math.max(longestRead, buffer.length);
          return handle.pread(buffer, offsetBytes);
        };
        return { ...handle, pread } as typeof handle;
      }
    }
    const order: number[] = [];
    const options = { files: new Watched(files), path: PATH, format: 'test 1', check: sha256Check };
    const again = await DurableLog.open(options, (found) => order.push(found[0] ?? -1));
    await again.log.close();
    expect(order).toEqual(Array.from({ length: 48 }, (_, n) => n));
    expect(longestRead).toBeLessThanOrEqual(1024 * 1024);
  });

  it('refuses what is longer than its limits, and has room again after a snapshot', async () => {
    const limits = { recordBytesMax: 100, sizeBytesMax: 1024 };
    const { log } = await open(files, { limits });
    const change = (n: number) => log.append(bytesOf(`${n}`.padStart(100)));
    await expect(log.append(new Uint8Array(101))).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE', limitBytes: 100 });
    for (const n of [1, 2, 3, 4, 5]) await change(n);
    const full = await content();
    await expect(change(6)).rejects.toMatchObject({ code: 'LOG_FULL', path: PATH, limitBytes: 1024 });
    expect(await content()).toEqual(full);
    const tooMany = Array.from({ length: 20 }, () => new Uint8Array(100));
    await expect(log.snapshot(() => tooMany)).rejects.toMatchObject({ code: 'LOG_FULL' });
    expect(await content()).toEqual(full);
    await log.snapshot(() => [bytesOf('all')]);
    await change(6);
    await log.close();
    expect(await textsIn()).toEqual(['all', '6'.padStart(100)]);
  });
});

describe('a snapshot', () => {
  it('is asked for when all that was appended before is durable, once for calls that come together', async () => {
    const { log } = await open();
    const state: string[] = [];
    let asked = 0;
    const take = () => {
      asked += 1;
      return state.map(bytesOf);
    };
    const append = (text: string) => log.append(bytesOf(text), () => state.push(text));
    await Promise.all([append('a'), log.snapshot(take), log.snapshot(take), append('b')]);
    await log.close();
    expect(asked).toBe(1);
    expect(await textsIn()).toEqual(['a', 'b']);
  });

  it('takes records that come one by one, and lets go of all that was before', async () => {
    const { log } = await open();
    await log.append(bytesOf('old secret'));
    const view = new Uint8Array(1);
    async function* records() {
      for (const byte of [65, 66, 67]) {
        view[0] = byte;
        yield view;
      }
    }
    await log.snapshot(records);
    expect(log.recordCount).toBe(3);
    await log.append(bytesOf('later'));
    await log.close();
    expect(await textsIn()).toEqual(['A', 'B', 'C', 'later']);
    expect(await files.readdir('/owner')).toEqual(['log']);
    expect(new TextDecoder().decode(await content())).not.toContain('old secret');
  });

  it('leaves the old log where it fails: no room, or a state that cannot be told', async () => {
    const faulty = new FaultyFileSystem(files);
    const { log } = await open(faulty);
    await log.append(bytesOf('a'));
    const mend = faulty.set({ kind: 'no-space', afterBytes: 10 });
    const failed = { code: 'LOG_UNWRITABLE', during: 'write' };
    await expect(log.snapshot(() => [bytesOf('z')])).rejects.toMatchObject(failed);
    mend();
    const state = () => {
      throw new RangeError('no state');
    };
    await expect(log.snapshot(state)).rejects.toThrow('no state');
    await log.append(bytesOf('b'));
    await log.close();
    expect(await textsIn()).toEqual(['a', 'b']);
    expect(await files.readdir('/owner')).toEqual(['log']);
  });

  it('that may be undone by a cut is followed by nothing', async () => {
    class LooseFolder extends RecordingFileSystem {
      isLoose = false;
      override fsyncFolder(path: string): Promise<void> {
        return this.isLoose ? Promise.reject(new Error('late')) : super.fsyncFolder(path);
      }
    }
    const loose = new LooseFolder(files);
    const { log } = await open(loose);
    loose.isLoose = true;
    const failed = { code: 'LOG_UNWRITABLE', during: 'place' };
    await expect(log.snapshot(() => [bytesOf('s')])).rejects.toMatchObject(failed);
    loose.isLoose = false;
    await expect(log.append(bytesOf('b'))).rejects.toMatchObject({ code: 'LOG_UNWRITABLE', during: 'earlier' });
    await log.close();
    expect(await textsIn()).toEqual(['s']);
  });

  it('that was left half written by a cut is removed by the next start', async () => {
    await written('a');
    await replaceFile(files, `${PATH}.new`, bytesOf('half'));
    expect(await textsIn()).toEqual(['a']);
    expect(await files.readdir('/owner')).toEqual(['log']);
  });
});

describe('a durable log that cannot be written', () => {
  it('takes nothing more after an fsync failed, because what is on the medium is not known', async () => {
    const faulty = new FaultyFileSystem(files);
    const { log } = await open(faulty);
    faulty.set({ kind: 'io-error', atCall: 2 });
    await expect(log.append(bytesOf('a'))).rejects.toMatchObject({ code: 'LOG_UNWRITABLE', during: 'sync' });
    await expect(log.append(bytesOf('b'))).rejects.toMatchObject({ code: 'LOG_UNWRITABLE', during: 'earlier' });
    await log.close();
  });
});

describe('a durable log that is not what was written', () => {
  it('loses a last change that is not whole, and says how many bytes it was', async () => {
    const whole = await written('first', 'second');
    await put(whole.subarray(0, -5));
    const { tornBytes, texts, log } = await open();
    expect([tornBytes, texts]).toEqual([frameBytesOf('second') - 5, ['first']]);
    expect((await content()).length).toBe(log.sizeBytes);
    await log.append(bytesOf('third'));
    await log.close();
    expect(await textsIn()).toEqual(['first', 'third']);
  });

  it('is told from one of another owner, of another version, and from no log', async () => {
    await written('first');
    const whole = await content();
    const other = { code: 'LOG_FOREIGN', path: PATH, found: 'test 1' };
    await expect(open(files, { format: 'test 2' })).rejects.toMatchObject(other);
    expect(await content()).toEqual(whole);
    await put(bytesOf('{"keys":[]}'));
    await expect(open()).rejects.toMatchObject({ code: 'LOG_FOREIGN', path: PATH, found: null });
    expect(await content()).toEqual(bytesOf('{"keys":[]}'));
  });

  it('names the place of what was damaged, taken out, put in twice or exchanged', async () => {
    const whole = await written('1st', '2nd', '3rd');
    const [a, b, c] = [0, 1, 2].map((n) => HEAD_BYTES + n * frameBytesOf('1st'));
    const part = (from?: number, to?: number) => whole.subarray(from, to);
    const bent = whole.slice();
    bent[(b ?? 0) + 20] = 0;
    const code = 'LOG_DAMAGED';
    const wrong: [Uint8Array[], object][] = [
      [[bent], { code, offsetBytes: b }],
      [[part(0, 20)], { code, offsetBytes: 0 }],
      [[], { code, offsetBytes: 0 }],
      [[part(0, b), part(c)], { code: 'LOG_DISORDERED', offsetBytes: b }],
      [[part(0, c), part(b)], { code: 'LOG_DISORDERED', offsetBytes: c }],
      [[part(0, a), part(b, c), part(a, b), part(c)], { code: 'LOG_DISORDERED', offsetBytes: a }],
    ];
    for (const [parts, expected] of wrong) {
      await put(...parts);
      const before = await content();
      await expect(open()).rejects.toMatchObject({ ...expected, path: PATH });
      expect(await content()).toEqual(before);
    }
  });

  it('is refused under another check, at its head', async () => {
    await written('first');
    const check: ChainCheck = { next: (before, content) => sha256Check.next(content, before) };
    await expect(open(files, { check })).rejects.toMatchObject({ code: 'LOG_DISORDERED', offsetBytes: 0 });
  });

  it('has at least what was written with its head', async () => {
    const { log } = await open();
    await log.snapshot(() => [bytesOf('state')]);
    await log.close();
    await put((await content()).subarray(0, HEAD_BYTES));
    await expect(open()).rejects.toMatchObject({ code: 'LOG_DAMAGED', offsetBytes: HEAD_BYTES });
  });
});
