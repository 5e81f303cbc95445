// Each action of an administrator on keys, and a backup, with an error at each of its file calls: told no means that all
// is as before, or that the same request again finishes it; told yes means that it is durable and in the audit log.
import { type AdminAnswer, type AdminRequest, KeyServer } from '@vcryptsim/kms';
import type { FileSystem, KeyId } from '@vcryptsim/ports';
import { SystemKeyPairs } from '@vcryptsim/ports/os';
import { FaultyFileSystem, type FileFault, MemoryFileSystem } from '@vcryptsim/simkit';
import { beforeAll, expect, it } from 'vitest';
import { contentOf, copyOfTree, treeOf } from '../support/file-contents.js';
import { entropyOf, keyOf, openStore, standingClock } from '../support/world.js';

const DIR = '/kms';
const clock = standingClock();
const id = (name: string) => name as KeyId;
let base: ReadonlyMap<string, Uint8Array | null>;

const open = (files: FileSystem, start: number) =>
  KeyServer.open({
    folder: DIR,
    files,
    clock,
    keyPairs: new SystemKeyPairs(clock),
    entropy: entropyOf(start),
    events: { emit: () => {} },
  });

beforeAll(async () => {
  const files = new MemoryFileSystem();
  await files.mkdir(DIR);
  await (await open(files, 1)).close();
  const { store } = await openStore(files, 5);
  await store.add(
    keyOf('waiting', 1),
    keyOf('active', 2, { state: 'Active' }),
    keyOf('over', 3, { state: 'Deactivated' }),
  );
  await store.close();
  const server = await open(files, 2);
  await server.administrator.perform<'key.archive'>({ action: 'key.archive', id: id('over') });
  await server.close();
  base = await treeOf(files, DIR);
});

interface Case {
  readonly request: AdminRequest;
  /** Whether it is done, as an administrator sees it. */
  readonly isDone: (server: KeyServer, files: FileSystem) => Promise<boolean>;
}

const keyIs = (name: string, test: (key: AdminAnswer<'key.list'>[number]) => boolean): Case['isDone'] => {
  return async (server) => {
    const list = await server.administrator.perform<'key.list'>({ action: 'key.list' });
    return list.some((key) => key.id === name && test(key));
  };
};

const CASES: readonly Case[] = [
  {
    request: { action: 'key.activate', id: id('waiting') },
    isDone: keyIs('waiting', ({ state }) => state === 'Active'),
  },
  {
    request: { action: 'key.revoke', id: id('active'), reason: 'Superseded' },
    isDone: keyIs('active', ({ state }) => state === 'Deactivated'),
  },
  {
    request: { action: 'key.revoke', id: id('waiting'), reason: 'KeyCompromise', message: 'lost' },
    isDone: keyIs('waiting', ({ state }) => state === 'Compromised'),
  },
  {
    request: { action: 'key.destroy', id: id('waiting') },
    isDone: keyIs('waiting', ({ state }) => state === 'Destroyed'),
  },
  { request: { action: 'key.archive', id: id('active') }, isDone: keyIs('active', ({ isArchived }) => isArchived) },
  { request: { action: 'key.recover', id: id('over') }, isDone: keyIs('over', ({ isArchived }) => !isArchived) },
  {
    request: { action: 'backup', out: '/backup.tar' },
    isDone: async (_, files) => (await files.readdir('/')).includes('backup.tar'),
  },
  {
    request: { action: 'backup', out: '/backup' },
    isDone: async (_, files) => (await files.readdir('/')).includes('backup'),
  },
];

const linesOf = async (files: FileSystem): Promise<string[]> =>
  new TextDecoder()
    .decode((await contentOf(files, `${DIR}/audit.jsonl`)) ?? new Uint8Array(0))
    .split('\n')
    .slice(0, -1);

async function isNoted(files: FileSystem, { action }: AdminRequest): Promise<boolean> {
  return (await linesOf(files)).some((line) => line.includes(`"action":"${action}"`) && line.includes('"Success"'));
}

/** A backup writes much more than a change of a key. */
const stepBytes = ({ request }: Case) => (request.action === 'backup' ? 1499 : 97);

const FAULTS: readonly [string, (step: number, one: Case) => FileFault][] = [
  ['an input/output error at each call', (atCall) => ({ kind: 'io-error', atCall })],
  [
    'a medium that is full after a while',
    (step, one) => ({ kind: 'no-space', afterBytes: (step - 1) * stepBytes(one) }),
  ],
];
const ALL = CASES.flatMap((one) =>
  FAULTS.map(([what, faultAt]) => {
    const { action } = one.request;
    return [
      `${action} ${'id' in one.request ? one.request.id : 'out' in one.request ? one.request.out : ''}`,
      what,
      one,
      faultAt,
    ] as const;
  }),
);

it.each(ALL)(
  '%s is done and noted, or not done, or done by the next try, with %s',
  async (_name, _what, one, faultAt) => {
    const perform = (server: KeyServer) =>
      server.administrator.perform(one.request).then(
        () => null,
        (error: { readonly code: string }) => error.code,
      );
    let refused = 0;
    for (let [step, good] = [1, 0]; good < 3; step++) {
      const files = await copyOfTree(base, DIR);
      const faulty = new FaultyFileSystem(files);
      let server = await open(faulty, 3);
      const linesBefore = (await linesOf(files)).length;
      const mend = faulty.set(faultAt(step, one));
      const told = await perform(server);
      mend();
      if (told === null) {
        good += 1;
        expect(await one.isDone(server, files)).toBe(true);
        const last = (await linesOf(files))
          .slice(linesBefore)
          .filter((line) => line.includes(`"${one.request.action}"`));
        expect(last).toEqual([expect.stringContaining('"Success"')]);
        await server.close();
        continue;
      }
      good = 0;
      refused += 1;
      expect(['STORE_UNWRITABLE', 'STORE_DAMAGED']).toContain(told);
      expect(server.faults).toBe(0);
      if (one.request.action === 'backup') expect(await one.isDone(server, files)).toBe(false);
      if ((await perform(server)) !== null) {
        await server.close();
        server = await open(files, 4);
        expect(await perform(server), `after step ${step}`).toBeNull();
      }
      expect(await one.isDone(server, files)).toBe(true);
      expect(await isNoted(files, one.request)).toBe(true);
      await server.close();
    }
    expect(refused).toBeGreaterThan(1);
  },
);
