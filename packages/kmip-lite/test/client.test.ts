import {
  encodeTtlv,
  type Item,
  item,
  KMIP_1_0,
  KMIP_1_1,
  type ResultReason,
  Tag,
  textAttribute,
} from '@vcryptsim/kmip-lite';
import { KmipClient, KmipClientError, type KmipClientOptions, type KmipSession } from '@vcryptsim/kmip-lite/client';
import { type Channel, type KeyId, NetworkError } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { type RequestMessage, readRequest } from '../src/message/request-message.js';
import { type ResponseItem, responseTree } from '../src/message/response-message.js';
import type { KeyBlock } from '../src/objects/key-block.js';
import type { ManagedObject } from '../src/objects/managed-object.js';
import { operationCodec } from '../src/operations/operation-codecs.js';
import { Operation, ResultReason as Reason } from '../src/spec/enumerations.generated.js';
import { decodeTtlv } from '../src/ttlv/reader.js';
import { channelPair, type TestChannel } from './support/channel-pair.js';
import { toHex } from './support/hex.js';
import { ManualClock, settle } from './support/manual-clock.js';

const secret = Uint8Array.from({ length: 32 }, (_, at) => 0xc3 ^ (at * 11));
const id = 'key-1' as KeyId;

/** A server that answers each request with what a test wants; null ends the connection. */
function stage(
  script: (request: RequestMessage) => Uint8Array | null | 'silence',
  options: Partial<KmipClientOptions> = {},
) {
  const clock = new ManualClock();
  const requests: RequestMessage[] = [];
  const ends: TestChannel[] = [];
  const connect = async (): Promise<Channel> => {
    const [clientEnd, serverEnd] = channelPair();
    ends.push(clientEnd);
    void (async () => {
      for (let chunk = await serverEnd.read(); chunk !== null; chunk = await serverEnd.read()) {
        const request = readRequest(decodeTtlv(chunk));
        requests.push(request);
        const answer = script(request);
        if (answer === null) await serverEnd.close();
        else if (answer !== 'silence') await serverEnd.write(answer);
      }
    })().catch(() => {});
    return clientEnd;
  };
  return { client: new KmipClient({ connect, clock, timeoutMs: 1000, ...options }), clock, requests, ends };
}

function answerOf(items: readonly ResponseItem[], version = KMIP_1_1): Uint8Array {
  return encodeTtlv(responseTree({ version, timeStamp: 1, items }));
}

const rawKey: KeyBlock = {
  keyFormatType: 'Raw',
  keyValue: { keyMaterial: secret },
  cryptographicAlgorithm: 'AES',
  cryptographicLength: 256,
};
const aesKey: ManagedObject = { objectType: 'SymmetricKey', keyBlock: rawKey };

function getItem(object: ManagedObject = aesKey, uniqueIdentifier: string = id): ResponseItem {
  return {
    operation: Operation.Get,
    status: 0,
    payload: operationCodec('Get').response.encode({ uniqueIdentifier, object }),
  };
}

/** The answer with the request's id in it. */
function echo(request: RequestMessage, one: ResponseItem): ResponseItem {
  return { ...one, uniqueBatchItemId: request.items[0]?.uniqueBatchItemId };
}

async function failureOf(work: Promise<unknown>): Promise<KmipClientError> {
  const outcome = await work.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  if (outcome instanceof KmipClientError) return outcome;
  throw outcome;
}

describe('what goes out', () => {
  it('has header 1.1, the ids it was given, and nothing that is not needed', async () => {
    const idAt = (place: number) => Uint8Array.of(0x51, 0x4c, 0x4b, 0x43, place, 0, 0, 0);
    const { client, requests } = stage(
      (request) =>
        answerOf([
          echo(request, {
            operation: request.items[0]?.operation,
            status: 0,
            payload: operationCodec('DiscoverVersions').response.encode({ versions: [KMIP_1_1] }),
          }),
        ]),
      { batchItemIds: idAt },
    );
    await client.session(async (session) => {
      expect(await session.discoverVersions({ withBatchItemId: false })).toEqual([KMIP_1_1]);
      await session.discoverVersions({ offered: [KMIP_1_0] });
    });
    expect(requests).toMatchObject([
      { header: { version: KMIP_1_1 }, items: [{ uniqueBatchItemId: undefined, payload: [] }] },
      { items: [{ uniqueBatchItemId: Uint8Array.of(0x51, 0x4c, 0x4b, 0x43, 1, 0, 0, 0), payload: [{}] }] },
    ]);
    const { version: _, ...optional } = requests[0]?.header ?? {};
    expect(Object.values(optional).filter((value) => value !== undefined)).toEqual([]);
  });

  it('carries the credential, but not on Discover Versions', async () => {
    const password = new TextEncoder().encode('secret');
    const { client, requests, ends } = stage(() => null, {
      credential: { type: 'UsernameAndPassword', username: 'vSphere', password },
    });
    await failureOf(client.session((session) => session.discoverVersions()));
    await failureOf(client.session((session) => session.activate(id)));
    expect(requests.map(({ header }) => header.credential?.type)).toEqual([undefined, 'UsernameAndPassword']);
    expect(password.every((byte) => byte !== 0)).toBe(true);
    for (const frame of ends.flatMap(({ given }) => given)) expect(frame.every((byte) => byte === 0)).toBe(true);
  });

  it('closes the connection, however the work ended', async () => {
    const { client, ends } = stage(() => null);
    await client.session(async () => 1);
    await expect(client.session(async () => Promise.reject(new RangeError('mine')))).rejects.toThrow(RangeError);
    expect(ends.map(({ ended }) => ended)).toEqual(['CLOSED', 'CLOSED']);
  });
});

describe('get', () => {
  it('lets the key be taken once, synchronously, and zeroes every buffer that held it', async () => {
    const { client, ends } = stage((request) => answerOf([echo(request, getItem())]));
    let view: Uint8Array = new Uint8Array(0);
    const fetched = await client.session((session) =>
      session.get(id, {
        take: (bytes) => {
          view = bytes;
          return toHex(bytes);
        },
      }),
    );
    expect(fetched).toEqual({ objectType: 'SymmetricKey', algorithm: 'AES', lengthBits: 256, taken: toHex(secret) });
    expect(view.length).toBe(32);
    for (const bytes of [view, ...(ends[0]?.handed ?? [])]) expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('zeroes them too when the taker throws, or the answer comes in pieces', async () => {
    const { client, ends } = stage((request) => answerOf([echo(request, getItem())]));
    let view: Uint8Array = new Uint8Array(0);
    const take = (bytes: Uint8Array): never => {
      view = bytes;
      throw new RangeError('mine');
    };
    await expect(client.session((session) => session.get(id, { take }))).rejects.toThrow(RangeError);
    const pieces = client.session(async (session) => {
      const other = ends[1]?.other;
      if (other !== undefined) other.chunkBytes = 7;
      return session.get(id, { take });
    });
    await expect(pieces).rejects.toThrow(RangeError);
    for (const bytes of [view, ...ends.flatMap(({ handed }) => handed)]) {
      expect(bytes.every((byte) => byte === 0)).toBe(true);
    }
  });

  const wrapped: KeyBlock = { ...rawKey, keyWrappingData: { wrappingMethod: 'Encrypt' } };
  const keyOf = (keyBlock: KeyBlock): ManagedObject => ({ objectType: 'SymmetricKey', keyBlock });
  type Answer = (request: RequestMessage) => Uint8Array;
  const echoed =
    (...items: ResponseItem[]): Answer =>
    (request) =>
      answerOf(items.map((one) => echo(request, one)));
  const spoilt =
    (at: number, byte: number): Answer =>
    (request) => {
      const bytes = answerOf([echo(request, getItem())]);
      bytes.set([byte], at);
      return bytes;
    };

  // facts/reliability.md section 3.3, row 63: none of these may give a key.
  it.each<[string, Answer]>([
    ['another identifier', echoed(getItem(aesKey, 'key-2'))],
    ['a length that is not that of the bytes', echoed(getItem(keyOf({ ...rawKey, cryptographicLength: 128 })))],
    ['no length', echoed(getItem(keyOf({ ...rawKey, cryptographicLength: undefined })))],
    ['no algorithm', echoed(getItem(keyOf({ ...rawKey, cryptographicAlgorithm: undefined })))],
    ['another format', echoed(getItem(keyOf({ ...rawKey, keyFormatType: 'PKCS8' })))],
    ['a wrapped key', echoed(getItem(keyOf(wrapped)))],
    ['a wrapped key value', echoed(getItem(keyOf({ ...rawKey, keyValue: secret })))],
    ['a transparent key', echoed(getItem(keyOf({ ...rawKey, keyValue: { keyMaterial: [] } })))],
    ['another kind of object', echoed(getItem({ objectType: 'SecretData', secretDataType: 'Seed', keyBlock: rawKey }))],
    ['another operation', echoed({ ...getItem(), operation: Operation.Create })],
    ['a success without payload', echoed({ operation: Operation.Get, status: 0 })],
    ['two items', echoed(getItem(), getItem())],
    ['no item', echoed()],
    ['a pending item without value', echoed({ operation: Operation.Get, status: 2 })],
    ['an id that was not sent', () => answerOf([{ ...getItem(), uniqueBatchItemId: Uint8Array.of(9) }])],
    ['no id', () => answerOf([getItem()])],
    ['the kind of a request', spoilt(2, 0x78)],
    ['a length above the limit', spoilt(4, 0x7f)],
    ['a malformed item', spoilt(11, 0x0f)],
  ])('refuses an answer with %s, and shows no byte of it', async (_, answer) => {
    const { client, ends } = stage(answer);
    let takes = 0;
    const take = () => {
      takes += 1;
    };
    const error = await failureOf(client.session((session) => session.get(id, { take })));
    expect(error.code).toBe('PROTOCOL');
    expect(takes).toBe(0);
    expect(JSON.stringify([error, String(error), error.stack])).not.toContain(toHex(secret).slice(0, 6));
    for (const handed of ends[0]?.handed ?? []) expect(handed.every((byte) => byte === 0)).toBe(true);
  });

  it('takes no second answer for that of the next request', async () => {
    const { client } = stage((request) => {
      const one = answerOf([echo(request, { operation: Operation.Get, status: 1, reason: Reason.ItemNotFound })]);
      const two = new Uint8Array(one.length * 2);
      two.set(one);
      two.set(one, one.length);
      return two;
    });
    const codes = client.session(async (session) => [
      (await failureOf(session.get(id, { take: () => 0 }))).code,
      (await failureOf(session.get(id, { take: () => 0 }))).code,
    ]);
    expect(await codes).toEqual(['OPERATION_FAILED', 'PROTOCOL']);
  });

  it('passes over what a newer server adds', async () => {
    const extra: Item = item(Tag.Data, { type: 'ByteString', bytes: new Uint8Array(4) });
    const { client } = stage((request) => {
      const one = getItem();
      return answerOf([echo(request, { ...one, payload: [...(one.payload ?? []), extra] })], { major: 1, minor: 4 });
    });
    expect(await client.session((session) => session.get(id, { take: (view) => view.length }))).toMatchObject({
      taken: 32,
    });
  });
});

describe('failures', () => {
  const failed = (reason: ResultReason, message?: string): ResponseItem => ({
    operation: Operation.Activate,
    status: 1,
    reason: Reason[reason],
    message,
  });

  it('of an operation carry the reason by name and the server’s words, cleaned and cut', async () => {
    const { client } = stage((request) =>
      answerOf([echo(request, failed('PermissionDenied', `no\u0007${'!'.repeat(400)}`))]),
    );
    const error = await failureOf(client.session((session) => session.activate(id)));
    expect(error).toMatchObject({ code: 'OPERATION_FAILED', reason: 'PermissionDenied' });
    expect(error.message).toContain('Activate failed with PermissionDenied: no !!!');
    expect(error.resultMessage?.length).toBe(256);
  });

  it('keep the number of a reason that no version of KMIP 1 names', async () => {
    const { client } = stage((request) => answerOf([echo(request, { ...failed('GeneralFailure'), reason: 0x99 })]));
    expect(await failureOf(client.session((session) => session.activate(id)))).toMatchObject({ reason: '0x99' });
  });

  it('of a whole message, as PyKMIP’s server tells them, are every item’s', async () => {
    const refusal = answerOf(
      [{ status: 1, reason: Reason.InvalidMessage, message: 'Error parsing request message' }],
      KMIP_1_0,
    );
    const { client } = stage(() => refusal);
    const add = (name: string) => ({
      operation: 'AddAttribute' as const,
      payload: { uniqueIdentifier: id, attribute: textAttribute(name, 'v') },
    });
    const results = await client.session((session) => session.batch([add('x-A'), add('x-B'), add('x-C')]));
    expect(results).toMatchObject(Array(3).fill({ status: 'OperationFailed', reason: 'InvalidMessage' }));
  });

  it('in a batch leave the items behind them without an answer', async () => {
    const { client } = stage((request) => answerOf([echo(request, failed('ItemNotFound'))]));
    const activate = { operation: 'Activate', payload: { uniqueIdentifier: id } } as const;
    const results = await client.session((session) => session.batch([activate, activate]));
    expect(results.map(({ status }) => status)).toEqual(['OperationFailed', 'NotAnswered']);
  });

  it('are TIMED_OUT when no answer, or no connection, comes in time', async () => {
    const silent = stage(() => 'silence');
    const waiting = failureOf(silent.client.session((session) => session.activate(id)));
    await settle();
    await silent.clock.advance(1000);
    expect((await waiting).code).toBe('TIMED_OUT');
    expect(silent.ends[0]?.ended).toBe('CLOSED');

    let signal: AbortSignal | undefined;
    const dead = stage(() => null, {
      connect: (given) => {
        signal = given;
        return new Promise(() => {});
      },
    });
    const dialling = failureOf(dead.client.session((session) => session.activate(id)));
    await dead.clock.advance(1000);
    expect((await dialling).code).toBe('TIMED_OUT');
    expect(signal?.aborted).toBe(true);
  });

  it('are CONNECTION_CLOSED when the server hangs up before its answer or inside it', async () => {
    const { client } = stage(() => null);
    expect((await failureOf(client.session((session) => session.activate(id)))).code).toBe('CONNECTION_CLOSED');
    const cut = stage(() => answerOf([failed('ItemNotFound')]).subarray(0, 30));
    const work = failureOf(cut.client.session((session) => session.activate(id)));
    await settle();
    await cut.ends[0]?.other?.close();
    expect(await work).toMatchObject({
      code: 'CONNECTION_CLOSED',
      answerBytes: 30,
      message: 'The key server ended the connection after 30 bytes of its answer.',
    });
  });

  it('are TIMED_OUT with what came, when the server stalls inside its answer', async () => {
    const { client, clock } = stage(() => answerOf([failed('ItemNotFound')]).subarray(0, 30));
    const work = failureOf(client.session((session) => session.activate(id)));
    await settle();
    await clock.advance(60_000);
    expect(await work).toMatchObject({ code: 'TIMED_OUT', answerBytes: 30 });
    expect((await work).message).toMatch(/sent 30 bytes of its answer, and not the rest within/);
  });

  it('of connecting pass through as they are', async () => {
    const { client } = stage(() => null, {
      connect: async () => {
        throw new NetworkError('REFUSED', 'refused');
      },
    });
    const work = client.session(async (session: KmipSession) => session.activate(id));
    await expect(work).rejects.toMatchObject({ name: 'NetworkError', code: 'REFUSED' });
  });
});

describe('negotiation', () => {
  const discover = (versions: { major: number; minor: number }[]) =>
    stage((request) =>
      answerOf([
        echo(request, {
          operation: request.items[0]?.operation,
          status: 0,
          payload: operationCodec('DiscoverVersions').response.encode({ versions }),
        }),
      ]),
    );

  it('takes the newest version of both and keeps to it', async () => {
    const newer = discover([{ major: 2, minor: 0 }, { major: 1, minor: 4 }, KMIP_1_1, KMIP_1_0]);
    expect(await newer.client.negotiate()).toEqual(KMIP_1_1);
    const older = discover([KMIP_1_0]);
    expect(await older.client.negotiate()).toEqual(KMIP_1_0);
    await older.client.session((session) => session.discoverVersions());
    expect(older.requests.map(({ header }) => header.version.minor)).toEqual([1, 0]);
  });

  it('takes 1.0 where Discover Versions is not known, and says so when there is none in common', async () => {
    const refusal = { status: 1, reason: Reason.OperationNotSupported };
    const old = stage((request) => answerOf([echo(request, { ...refusal, operation: request.items[0]?.operation })]));
    expect(await old.client.negotiate()).toEqual(KMIP_1_0);
    const foreign = await failureOf(discover([{ major: 2, minor: 1 }]).client.negotiate());
    expect(foreign).toMatchObject({ code: 'PROTOCOL', message: 'The key server speaks KMIP 2.1, not 1.1 or 1.0.' });
  });
});
