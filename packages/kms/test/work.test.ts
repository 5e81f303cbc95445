// What work costs, counted at n and 2n objects, and how it is shared out among clients.
import { attribute, integer, KMIP_1_1, KmipError, type RequestOf, text } from '@vcryptsim/kmip-lite';
import { Pending } from '@vcryptsim/kmip-lite/server';
import type { KeyPair, KeyPairKind } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { create } from '../src/operations/create.js';
import { getAttributes } from '../src/operations/get-attributes.js';
import { takeTurn } from '../src/operations/group-turns.js';
import { KeyPairQueue } from '../src/operations/key-pair-queue.js';
import { locate } from '../src/operations/locate.js';
import { MessageWork, UNITS_PER_MESSAGE } from '../src/operations/message-work.js';
import type { Call } from '../src/operations/operation-context.js';
import { PendingOperations } from '../src/operations/pending-operations.js';
import { UNITS_PER_TURN, WorkTurns } from '../src/operations/work-turns.js';
import type { KeyStore } from '../src/store/key-store.js';
import type { ClientName } from '../src/terms/client-name.js';
import { named } from './support/session.js';
import { entropyOf, keyOf, NOON_MS, openStore } from './support/world.js';

const ALICE = 'vcenter' as ClientName;
const BOB = 'bob' as ClientName;
const atOnce = { after: async () => {} };

function callTo(store: KeyStore, work: MessageWork): Call {
  const entropy = entropyOf();
  const context = {
    node: 'kms-a' as Call['context']['node'],
    client: ALICE,
    store,
    pending: new PendingOperations(entropy),
    nextGroupMember: new Map<string, number>(),
    entropy,
    keyPairs: { generate: () => Promise.reject(new Error('none here')) },
    events: { emit: () => {} },
    work,
  };
  return { context, version: KMIP_1_1, newestVersion: KMIP_1_1, asynchronousAllowed: false, nowMs: NOON_MS };
}

const workOf = (turns = new WorkTurns(atOnce), client = ALICE, signal?: AbortSignal) =>
  new MessageWork(client, turns, { lengthBytes: 100, signal });

/** A store of `count` objects of one client, each with a name, a group and as many more attributes; counts who looks. */
async function storeOf(count: number, more = 0) {
  const { store } = await openStore();
  const extra = Array.from({ length: more }, (_, at) => ({ name: `x-${at}`, value: integer(at) }));
  for (let from = 0; from < count; from += 250) {
    const objects = Array.from({ length: Math.min(250, count - from) }, (_, at) => {
      const object = keyOf(`00000000-0000-4000-8000-${String(from + at).padStart(12, '0')}`, 1);
      const group = attribute('Object Group', `group-${(from + at) % 100}`);
      return { ...object, attributes: [...object.attributes, named(`key-${from + at}`), group, ...extra] };
    });
    await store.add(...objects);
  }
  let walked = 0;
  const all = store.ownedBy.bind(store);
  store.ownedBy = function* (owner) {
    for (const object of all(owner)) {
      walked += 1;
      yield object;
    }
  };
  return { store, walked: () => walked };
}

const aes = (name: string): RequestOf<'Create'> => ({
  objectType: 'SymmetricKey',
  templateAttribute: {
    attributes: [
      attribute('Cryptographic Algorithm', 'AES'),
      attribute('Cryptographic Length', 256),
      attribute('Cryptographic Usage Mask', 12),
      named(name),
    ],
  },
});

describe('cost at n and 2n objects', () => {
  it('is the same for a Create with a name, a Locate by name, and Get Attributes', async () => {
    const costs = [];
    for (const count of [500, 1000]) {
      const { store, walked } = await storeOf(count);
      const work = workOf();
      const call = callTo(store, work);
      const { uniqueIdentifier } = (await create(aes('fresh'), call)) as { uniqueIdentifier: string };
      await expect(create(aes('key-7'), call)).rejects.toMatchObject({ code: 'NAME_TAKEN' });
      const found = await locate({ attributes: [named('key-7')] } as RequestOf<'Locate'>, call);
      expect(found).toMatchObject({ uniqueIdentifiers: ['00000000-0000-4000-8000-000000000007'] });
      await getAttributes({ uniqueIdentifier, attributeNames: [] }, call);
      costs.push({ walked: walked(), spent: work.spent });
    }
    expect(costs[0]).toEqual(costs[1]);
    expect(costs[0]?.walked).toBe(0);
  });

  it('grows with the members of a group, not with the objects, for a Locate by group', async () => {
    const spent = [];
    for (const count of [500, 1000]) {
      const { store, walked } = await storeOf(count);
      const work = workOf();
      await locate({ attributes: [attribute('Object Group', 'group-3')] } as RequestOf<'Locate'>, callTo(store, work));
      expect(walked()).toBe(0);
      spent.push(work.spent / (count / 100));
    }
    expect(spent[0]).toBe(spent[1]);
  });

  it('doubles for a Locate by anything else, with objects and with attributes each', async () => {
    const spent = async (count: number, attributes: number) => {
      const { store } = await storeOf(count, attributes);
      const work = workOf();
      const attributesOf = [{ name: `x-${attributes - 1}`, value: integer(attributes - 1) }];
      await locate({ attributes: attributesOf } as RequestOf<'Locate'>, callTo(store, work));
      return work.spent;
    };
    const base = await spent(100, 50);
    expect((await spent(200, 50)) / base).toBeCloseTo(2, 1);
    expect((await spent(100, 100)) / base).toBeLessThan(2);
  });
});

describe('a message', () => {
  it('that asks for too much work is refused, and long work takes turns meanwhile', async () => {
    const { store } = await storeOf(1000, 50);
    const turns = new WorkTurns(atOnce);
    const work = workOf(turns);
    const call = callTo(store, work);
    const everything = { attributes: [{ name: 'x-none', value: text('?') }] } as RequestOf<'Locate'>;
    let refused: unknown = null;
    for (let round = 0; refused === null && round < 500; round++) {
      refused = await Promise.resolve(locate(everything, call)).then(
        () => null,
        (error: unknown) => error,
      );
    }
    expect(refused).toMatchObject({ code: 'WORK_EXCEEDED' });
    expect(work.spent).toBeLessThan(UNITS_PER_MESSAGE + 1000);
    expect(turns.turns).toBeGreaterThan(UNITS_PER_MESSAGE / UNITS_PER_TURN / 2);
  });

  it('whose client is gone is worked on no further', async () => {
    const { store } = await storeOf(1000, 50);
    const life = new AbortController();
    const work = workOf(new WorkTurns({ after: async () => life.abort() }), ALICE, life.signal);
    const everything = { attributes: [{ name: 'x-none', value: text('?') }] } as RequestOf<'Locate'>;
    await expect(locate(everything, callTo(store, work))).rejects.toBeInstanceOf(KmipError);
    expect(work.spent).toBeLessThan(2 * UNITS_PER_TURN);
  });
});

describe('turns', () => {
  it('go round the clients, however much one of them waits for', async () => {
    const order: string[] = [];
    const turns = new WorkTurns(atOnce);
    const wait = (client: ClientName) => turns.turn(client).then(() => void order.push(client));
    await Promise.all([...Array.from({ length: 4 }, () => wait(ALICE)), wait(BOB), wait(BOB)]);
    // The first was on its way before others came.
    expect(order).toEqual([ALICE, ALICE, BOB, ALICE, BOB, ALICE].map(String));
  });

  it('of a group are kept for so many groups only, and none for a group without members', () => {
    const turns = new Map<string, number>();
    for (let at = 0; at < 5000; at++) takeTurn(turns, ALICE, [`${at}${'x'.repeat(1000)}`], at % 2);
    expect(turns.size).toBe(1024);
    expect([...turns.keys()].every((key) => key.length < 64)).toBe(true);
    expect([0, 1, 2, 3].map(() => takeTurn(turns, ALICE, ['g'], 3))).toEqual([0, 1, 2, 0]);
  });
});

describe('key pairs', () => {
  it('are made in turn for each client, one at a time, and not for who is gone', async () => {
    const made: string[] = [];
    const finish: (() => void)[] = [];
    const pair = {} as KeyPair;
    const source = {
      generate: (kind: KeyPairKind) =>
        new Promise<KeyPair>((resolve) => {
          made.push(kind);
          finish.push(() => resolve(pair));
        }),
    };
    const queue = new KeyPairQueue(source);
    const [alice, bob] = [queue.of(ALICE), queue.of(BOB)];
    const gone = new AbortController();
    const work = [
      alice.generate('rsa-4096'),
      alice.generate('rsa-3072'),
      alice.generate('rsa-2048', gone.signal),
      bob.generate('ec-p256'),
    ];
    const left = expect(work[2]).rejects.toBeInstanceOf(KmipError);
    gone.abort();
    await left;
    expect([made, queue.length]).toEqual([['rsa-4096'], 2]);
    for (let count = 0; count < 3; count++) {
      finish.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(made).toEqual(['rsa-4096', 'rsa-3072', 'ec-p256']);
    expect(await Promise.all([work[0], work[1], work[3]])).toEqual([pair, pair, pair]);
  });
});

describe('what waits for a poll', () => {
  it('is small: a Locate for much is done at once, also when it might be put off', async () => {
    const { store } = await storeOf(3);
    const call = { ...callTo(store, workOf()), asynchronousAllowed: true };
    const ask = (length: number) =>
      locate({ attributes: Array.from({ length }, () => named('k'.repeat(1000))) } as RequestOf<'Locate'>, call);
    expect(await ask(1)).toBeInstanceOf(Pending);
    expect(await ask(20)).toMatchObject({ uniqueIdentifiers: [] });
  });
});
