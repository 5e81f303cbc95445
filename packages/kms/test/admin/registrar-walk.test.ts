// Each change of the registrar, with an error at each of its file calls and a cut after each: told no means that all is
// as before, or that the same request again finishes it; no line tells of a change that does not come.
import { ClientPassword, Registrar } from '@vcryptsim/kms';
import { selfSign } from '@vcryptsim/pki';
import type { FileSystem } from '@vcryptsim/ports';
import { SystemKeyPairs } from '@vcryptsim/ports/os';
import {
  type CrashFamily,
  CrashLog,
  crashStates,
  FaultyFileSystem,
  type FileFault,
  MemoryFileSystem,
} from '@vcryptsim/simkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTestAuthority } from '../support/authority.js';
import { contentOf, copyOfTree, treeOf } from '../support/file-contents.js';
import { Lab } from '../support/lab.js';
import { entropyOf, NOON_MS, standingClock } from '../support/world.js';

const DIR = '/kms';
const clock = standingClock();
const utf8 = (text: string) => new TextEncoder().encode(text);

interface Change {
  readonly perform: (registrar: Registrar) => Promise<unknown>;
  /** The file that is there afterwards, and was not before. */
  readonly path: string;
  readonly event: string;
}

let authority: Uint8Array;
let base: ReadonlyMap<string, Uint8Array | null>;
const changes = new Map<string, Change>();

const open = (files: FileSystem, start = 2) =>
  Registrar.open({ folder: DIR, files, clock, entropy: entropyOf(start), authority });

async function linesOf(files: FileSystem): Promise<Record<string, unknown>[]> {
  const text = new TextDecoder().decode((await contentOf(files, `${DIR}/audit.jsonl`)) ?? new Uint8Array(0));
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Everything but the log. */
async function stateOf(files: FileSystem) {
  const tree = await treeOf(files, DIR);
  tree.delete(`${DIR}/audit.jsonl`);
  tree.delete(`${DIR}/change.json.new`);
  return tree;
}

async function isThere(files: FileSystem, { path }: Change): Promise<boolean> {
  return (await contentOf(files, `${DIR}/${path}`)) !== null;
}

beforeAll(async () => {
  const pairs = new SystemKeyPairs({ ...clock });
  const made = async (name: string) => {
    const keyPair = await pairs.generate('ec-p256');
    const validity = { notBeforeMs: NOON_MS - 1e9, notAfterMs: NOON_MS + 1e9 };
    const entropy = entropyOf(name.length);
    return (await selfSign({ subject: `CN=${name}`, keyPair, entropy, clock, ...validity })).chain[0]!;
  };
  authority = await made('authority');
  const files = new MemoryFileSystem();
  await files.mkdir(DIR);
  const registrar = await open(files, 1);
  await registrar.add({ name: 'vcenter', certificate: await made('vcenter') });
  await registrar.addFollower({ name: 'kms-b', certificate: await made('kms-b') });
  await registrar.close();
  base = await treeOf(files, DIR);
  const [client, follower] = [await made('backup'), await made('kms-c')];
  const own = await Lab.run((lab) => createTestAuthority(lab, 'VMCA'));
  const record = ClientPassword.record({ username: 'vSphere', password: utf8('let me in'), entropy: entropyOf(9) });
  const all: [string, Change][] = [
    [
      'client add',
      {
        perform: (registrar) => registrar.add({ name: 'backup', certificate: client }),
        path: 'clients/backup/cert.pem',
        event: 'CLIENT_ADDED',
      },
    ],
    [
      'client add --authority',
      {
        perform: (registrar) => registrar.addAuthority({ name: 'backup', certificate: own.certificate }),
        path: 'clients/backup/authority.pem',
        event: 'CLIENT_AUTHORITY_ADDED',
      },
    ],
    [
      'client password',
      {
        perform: (registrar) => registrar.setPassword({ name: 'vcenter', record }),
        path: 'clients/vcenter/password',
        event: 'CLIENT_PASSWORD_SET',
      },
    ],
    [
      'client revoke',
      {
        perform: (registrar) => registrar.revoke('vcenter'),
        path: 'clients/vcenter/revoked',
        event: 'CLIENT_REVOKED',
      },
    ],
    [
      'follower add',
      {
        perform: (registrar) => registrar.addFollower({ name: 'kms-c', certificate: follower }),
        path: 'followers/kms-c/cert.pem',
        event: 'FOLLOWER_ADDED',
      },
    ],
    [
      'follower revoke',
      {
        perform: (registrar) => registrar.revokeFollower('kms-b'),
        path: 'followers/kms-b/revoked',
        event: 'FOLLOWER_REVOKED',
      },
    ],
  ];
  for (const [name, change] of all) changes.set(name, change);
});

/** Does a change with a fault from now on; answers what was told, null for a success. */
async function attempt(files: FileSystem, change: Change, fault: FileFault) {
  const faulty = new FaultyFileSystem(files);
  const registrar = await open(faulty);
  const mend = faulty.set(fault);
  const told = await change.perform(registrar).then(
    () => null,
    (error: unknown) => error as { readonly code: string },
  );
  mend();
  return { registrar, told };
}

/** Every fault until the change no longer meets it. */
async function walk(
  change: Change,
  faultAt: (step: number) => FileFault,
  check: (files: FileSystem, registrar: Registrar, code: string) => Promise<void>,
): Promise<void> {
  // What is done last, to tidy up, may fail without harm: so one success is not the end yet.
  for (let [step, good] = [1, 0]; good < 4; step++) {
    const files = await copyOfTree(base, DIR);
    const { registrar, told } = await attempt(files, change, faultAt(step));
    if (told === null) {
      expect(await isThere(files, change)).toBe(true);
      expect((await linesOf(files)).at(-1)).toMatchObject({ event: change.event });
      await registrar.close();
      good += 1;
      continue;
    }
    good = 0;
    await check(files, registrar, told.code);
  }
}

describe.each([
  'client add',
  'client add --authority',
  'client password',
  'client revoke',
  'follower add',
  'follower revoke',
])('%s', (name) => {
  const theChange = (): Change => {
    const change = changes.get(name);
    if (!change) throw new Error(`no ${name}`);
    return change;
  };

  it.each<[string, (step: number) => FileFault]>([
    ['an input/output error at each call', (atCall) => ({ kind: 'io-error', atCall })],
    ['a medium that is full after each few bytes', (step) => ({ kind: 'no-space', afterBytes: (step - 1) * 37 })],
  ])('is all or nothing, or finished by the next try, with %s', async (_what, faultAt) => {
    const change = theChange();
    let refused = 0;
    await walk(change, faultAt, async (files, registrar, code) => {
      refused += 1;
      expect(['STORE_UNWRITABLE', 'CHANGE_UNFINISHED', 'IO', 'NO_SPACE']).toContain(code);
      const wasMade = await isThere(files, change);
      // Told no and not to be finished: nobody sees it, now or later.
      if (code !== 'CHANGE_UNFINISHED' && code !== 'IO') expect(wasMade).toBe(false);
      const again = await change.perform(registrar).then(
        () => null,
        (error: { readonly code: string }) => error.code,
      );
      await registrar.close();
      if (again !== null) {
        // After a failed fsync of the log the process knows no more what the medium holds, and is started again.
        expect(again).toBe('STORE_UNWRITABLE');
        const restarted = await open(files, 3);
        await change.perform(restarted);
        await restarted.close();
      }
      expect(await isThere(files, change)).toBe(true);
      expect((await linesOf(files)).filter((line) => line.event === change.event).length).toBeGreaterThan(0);
      const left = [...(await stateOf(files)).keys()].filter(
        (path) => path.endsWith('.next') || path.endsWith('.json'),
      );
      expect(left).toEqual([]);
    });
    expect(refused).toBeGreaterThan(3);
  });

  it('is there with its line or not at all after a cut at any moment', async () => {
    const change = theChange();
    const log = new CrashLog(await copyOfTree(base, DIR));
    const registrar = await open(log.files);
    const from = log.operations.length + 1;
    await change.perform(registrar);
    const to = log.operations.length;
    await registrar.close();
    const before = await stateOf(await copyOfTree(base, DIR));
    let states = 0;
    const families: CrashFamily[] = ['clean', 'unsynced lost', 'reordered'];
    for (const { files, name, afterOperation } of crashStates(log, { from, to, families })) {
      states += 1;
      const next = await open(files, 3);
      await next.settle();
      await next.close();
      const isNoted = (await linesOf(files)).some(
        (line) => typeof line.change === 'string' && line.event === change.event && line.n === 3,
      );
      expect(await isThere(files, change), name).toBe(isNoted);
      if (afterOperation === to) expect(isNoted, name).toBe(true);
      if (!isNoted) expect([...(await stateOf(files)).keys()], name).toEqual([...before.keys()]);
      const retried = await open(files, 4);
      await change.perform(retried);
      await retried.close();
      expect(await isThere(files, change)).toBe(true);
    }
    expect(to - from).toBeGreaterThan(8);
    expect(states).toBeGreaterThan(20);
  });
});
