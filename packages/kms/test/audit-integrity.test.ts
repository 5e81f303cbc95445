// The audit log and the anchor against somebody who has the folder and not the root key.
import { type FileSystem, replaceFile } from '@vcryptsim/ports';
import { FaultyFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { CHAIN_START, makeLine } from '../src/audit/audit-line.js';
import { KeyServer } from '../src/server/key-server.js';
import { contentOf, copyOfTree, overwrite, treeOf } from './support/file-contents.js';
import { Lab } from './support/lab.js';
import { AES_256 } from './support/session.js';
import { entropyOf } from './support/world.js';

const AUDIT = '/kms/audit.jsonl';
const JOURNAL = '/kms/store/journal';

interface Opening {
  readonly newAudit?: boolean;
  readonly anchorPath?: string;
}

/** Opens the folder of a lab as it is now, and closes it. */
async function open(lab: Lab, o: Opening = {}, files: FileSystem = lab.files): Promise<void> {
  const { clock, keyPairs } = lab;
  const rest = { entropy: entropyOf(8), events: { emit: () => {} }, onFault: () => {} };
  const server = await KeyServer.open({ folder: '/kms', files, clock, keyPairs, ...rest, ...o });
  await server.close();
}

const linesIn = async (files: FileSystem) =>
  new TextDecoder()
    .decode((await contentOf(files, AUDIT))!)
    .trimEnd()
    .split('\n');
const putLines = (files: FileSystem, lines: readonly string[]) =>
  overwrite(files, AUDIT, new TextEncoder().encode(lines.map((line) => `${line}\n`).join('')));

/** A server on which two keys were made, stopped. */
async function used(lab: Lab): Promise<void> {
  const server = await lab.serve();
  const client = await lab.registered(server);
  await client.session(async (session) => {
    await session.create(AES_256);
    await session.create(AES_256);
  });
  await server.close();
}

/** The same lines chained anew, as somebody does who lacks the root key: with the old marks or with none. */
function rechained(lines: readonly string[], hasMarks: boolean): string[] {
  let at = CHAIN_START;
  return lines.map((line) => {
    const { n: _n, prev: _prev, hash: _hash, mark, atMs, ...entry } = JSON.parse(line) as Record<string, unknown>;
    const made = makeLine(at, Number(atMs), entry as never, hasMarks ? () => String(mark) : undefined);
    at = made.point;
    return made.line;
  });
}

describe('an audit log', () => {
  it('is refused when its end, its beginning or all of it is missing, and accepted once when that is asked for', () =>
    Lab.run(async (lab) => {
      await used(lab);
      const lines = await linesIn(lab.files);
      expect(lines.length).toBeGreaterThan(4);
      const journal = await contentOf(lab.files, JOURNAL);
      for (const kept of [[], lines.slice(0, 1), lines.slice(0, 2), lines.slice(1), lines.slice(-1)]) {
        await putLines(lab.files, kept);
        await expect(open(lab), `${kept.length} lines`).rejects.toMatchObject({ code: 'AUDIT_DAMAGED' });
        expect(await contentOf(lab.files, JOURNAL)).toEqual(journal);
      }
      await lab.files.unlink(AUDIT);
      await expect(open(lab)).rejects.toMatchObject({
        code: 'AUDIT_DAMAGED',
        nextStep: expect.stringContaining('--new-audit'),
      });
      await open(lab, { newAudit: true });
      await open(lab);
    }));

  it('is refused when it was written again without the root key', () =>
    Lab.run(async (lab) => {
      await used(lab);
      const lines = await linesIn(lab.files);
      const forgeries = [
        rechained([...lines.slice(0, 2), ...lines.slice(3)], true),
        rechained([...lines, lines[2] ?? ''], true),
        rechained(lines, false),
      ];
      for (const [place, forged] of forgeries.entries()) {
        await putLines(lab.files, forged);
        await expect(open(lab), `forgery ${place}`).rejects.toMatchObject({ code: 'AUDIT_DAMAGED' });
      }
      await putLines(lab.files, lines);
      await open(lab);
    }));
});

describe('an anchor', () => {
  const ANCHOR = '/outside/anchor';
  const anchored = { anchorPath: ANCHOR };

  async function withAnchor(work: (lab: Lab, old: MemoryFileSystem) => Promise<void>): Promise<void> {
    await Lab.run(async (lab) => {
      await lab.files.mkdir('/outside');
      await used(lab);
      await open(lab, anchored);
      const old = await copyOfTree(await treeOf(lab.files, '/kms'), '/kms');
      const { clock, keyPairs, files } = lab;
      const rest = { entropy: entropyOf(9), events: { emit: () => {} }, onFault: () => {} };
      const server = await KeyServer.open({ folder: '/kms', files, clock, keyPairs, ...rest, ...anchored });
      await server.listen({ network: lab.network, address: { name: 'kms-a' }, nodeName: 'kms-a' as never });
      const client = await lab.registered(server, 'second');
      await client.session((session) => session.create(AES_256));
      await server.close();
      await work(lab, old);
    });
  }

  it('refuses an old copy of the whole folder, which opens without it', () =>
    withAnchor(async (lab, old) => {
      await open(lab, anchored);
      const anchor = (await contentOf(lab.files, ANCHOR))!;
      await old.mkdir('/outside');
      await replaceFile(old, ANCHOR, anchor);
      await expect(open(lab, anchored, old)).rejects.toMatchObject({ code: 'ANCHOR_MISMATCH' });
      expect(await contentOf(old, ANCHOR)).toEqual(anchor);
      await open(lab, {}, old);
    }));

  it('refuses a new store, one that lost its journal, and what is no anchor', () =>
    withAnchor(async (lab) => {
      const anchor = (await contentOf(lab.files, ANCHOR))!;
      const fresh = new MemoryFileSystem();
      await fresh.mkdir('/outside');
      await replaceFile(fresh, ANCHOR, anchor);
      await expect(open(lab, anchored, fresh)).rejects.toMatchObject({ code: 'ANCHOR_MISMATCH' });
      for (const text of ['', '{}', '{"format":"vcryptsim kms anchor 1"}', 'null']) {
        await replaceFile(lab.files, ANCHOR, new TextEncoder().encode(text));
        await expect(open(lab, anchored), text).rejects.toMatchObject({ code: 'ANCHOR_MALFORMED' });
      }
    }));

  it('goes with the store through rewriting, and is made anew when it was deleted', () =>
    withAnchor(async (lab) => {
      await lab.files.unlink(ANCHOR);
      await open(lab, anchored);
      await open(lab, anchored);
      expect(await contentOf(lab.files, ANCHOR)).not.toBeNull();
    }));

  it('keeps what was answered when it cannot be written, and then lets nothing more be changed', async () => {
    const files = new FaultyFileSystem(new MemoryFileSystem());
    await files.mkdir('/outside');
    await Lab.run(
      async (lab) => {
        const { clock, keyPairs } = lab;
        const rest = { entropy: entropyOf(9), events: { emit: () => {} }, onFault: () => {} };
        const server = await KeyServer.open({ folder: '/kms', files, clock, keyPairs, ...rest, ...anchored });
        await server.listen({ network: lab.network, address: { name: 'kms-a' }, nodeName: 'kms-a' as never });
        const client = await lab.registered(server);
        const mend = files.set({ kind: 'read-only', under: '/outside' });
        const id = await client.session((session) => session.create(AES_256));
        await expect(client.session((session) => session.create(AES_256))).rejects.toThrow();
        mend();
        await client.session((session) => session.create(AES_256));
        await server.close();
        expect(id).toBeTruthy();
        await open(lab, anchored);
      },
      { files },
    );
  });
});
