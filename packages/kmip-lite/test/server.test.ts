import { item, KmipError, Tag, text } from '@vcryptsim/kmip-lite';
import { type Fault, Finished, Pending, servedOperations } from '@vcryptsim/kmip-lite/server';
import { AssertionError } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { BatchErrorContinuationOption, ResultReason, ResultStatus } from '../src/spec/enumerations.generated.js';
import { Lab, labOperations } from './support/lab-server.js';
import { settle } from './support/manual-clock.js';
import { itemOf, requestOf } from './support/raw-peer.js';
import { createAes, outcome, served } from './support/served.js';

describe('answers', () => {
  it('that are too long for the client become short failures', async () => {
    const peer = await served(new Lab());
    const query = itemOf('Query', { functions: ['QueryServerInformation'] });
    const answer = await peer.ask(requestOf([query], { maximumResponseSize: 100 }));
    expect(outcome(answer)).toEqual(['ResponseTooLarge']);
    expect(answer?.items[0]).toMatchObject({ operation: query.operation, payload: undefined });
    expect(outcome(await peer.ask(requestOf([query], { maximumResponseSize: 2048 })))).toEqual(['ok']);
  });

  it('leave in one write each, whatever chunks the request came in, pipelined or not (row 57)', async () => {
    const lab = new Lab();
    const peer = await served(lab);
    peer.channel.chunkBytes = 1;
    const one = requestOf([itemOf('Create', createAes())]);
    const two = new Uint8Array(one.length * 2);
    two.set(one);
    two.set(one, one.length);
    expect(outcome(await peer.ask(one))).toEqual(['ok']);
    peer.channel.chunkBytes = 0;
    expect(outcome(await peer.ask(two))).toEqual(['ok']);
    expect(outcome(await peer.answer())).toEqual(['ok']);
    expect(lab.serverEnd?.written.length).toBe(3);
  });

  it('leave only after the exchange was recorded, and not at all if that fails', async () => {
    const recorded: string[] = [];
    let fails = false;
    const lab = new Lab({
      onExchange: async ({ request, response }) => {
        expect(lab.serverEnd?.written.length).toBe(recorded.length);
        expect([request[2], response[2]]).toEqual([0x78, 0x7b]);
        if (fails) throw new Error('the audit cannot be written');
        recorded.push('exchange');
      },
    });
    const peer = await served(lab);
    const request = requestOf([itemOf('Create', createAes())]);
    expect(outcome(await peer.ask(request))).toEqual(['ok']);
    fails = true;
    expect(await peer.ask(request)).toBeNull();
    await Promise.all(lab.servers);
    expect(lab.serverEnd?.written.length).toBe(1);
  });

  it('leave nothing behind: both frames and the handed-over key are zeroed', async () => {
    const kept: Uint8Array[] = [];
    const handedOver: Uint8Array[] = [];
    const lab = new Lab({
      operations: {
        ...labOperations,
        Get: async (request, call) => {
          const answer = await labOperations.Get?.(request, call);
          if (answer === undefined || !('object' in answer) || !('keyBlock' in answer.object))
            throw new Error('no key');
          const { keyValue } = answer.object.keyBlock;
          if ('keyMaterial' in keyValue && keyValue.keyMaterial instanceof Uint8Array)
            handedOver.push(keyValue.keyMaterial);
          return answer;
        },
      },
      onExchange: async ({ request, response }) => {
        kept.push(request, response);
      },
    });
    const peer = await served(lab);
    await peer.ask(requestOf([itemOf('Create', createAes(), 1), itemOf('Get', {}, 2)]));
    await settle();
    expect(handedOver.length).toBe(1);
    expect(kept.length).toBe(2);
    for (const bytes of [...kept, ...handedOver, ...(lab.serverEnd?.handed ?? [])]) {
      expect(bytes.every((byte) => byte === 0)).toBe(true);
    }
    expect(lab.store.keys.get('1')?.bytes.some((byte) => byte !== 0)).toBe(true);
  });
});

describe('handlers', () => {
  it('may answer later: Pending, then Poll gives the operation’s own answer', async () => {
    const correlation = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1);
    const lab = new Lab({
      operations: {
        ...labOperations,
        Archive: async (_, { asynchronousAllowed }) =>
          asynchronousAllowed ? new Pending(correlation) : { uniqueIdentifier: '1' },
        Poll: async () => new Finished('Archive', { uniqueIdentifier: '1' }),
      },
    });
    await lab.client().session(async (session) => {
      const [pending] = await session.batch([{ operation: 'Archive', payload: { uniqueIdentifier: '1' } }], {
        asynchronous: true,
      });
      expect(pending).toEqual({ status: 'OperationPending', operation: 'Archive', correlationValue: correlation });
      const { items } = await session.perform('Poll', { asynchronousCorrelationValue: correlation });
      expect(items).toEqual([item(Tag.UniqueIdentifier, text('1'))]);
    });
  });

  it('see the credential, and a refusal of it fails every item', async () => {
    const seen: unknown[] = [];
    const lab = new Lab({
      admit: async (credential) => {
        seen.push(structuredClone(credential));
        if (credential?.type !== 'UsernameAndPassword' || credential.username !== 'fred') {
          throw new KmipError('AuthenticationNotSuccessful', 'this user is not known');
        }
      },
    });
    const client = (username: string) =>
      lab.client({
        credential: { type: 'UsernameAndPassword', username, password: new TextEncoder().encode('secret') },
      });
    await client('fred').session((session) => session.create({ algorithm: 'AES', lengthBits: 256, usageMask: 12 }));
    await expect(client('barney').session((session) => session.query([]))).rejects.toMatchObject({
      code: 'OPERATION_FAILED',
      reason: 'AuthenticationNotSuccessful',
    });
    expect(seen.length).toBe(2);
    expect(lab.exchanges.map(({ username }) => username)).toEqual(['fred', 'barney']);
  });

  it('that break cost one item: General Failure without a word of the cause, and the connection goes on', async () => {
    const faults: Fault[] = [];
    const lab = new Lab({
      onFault: (fault) => faults.push(fault),
      operations: {
        Query: async () => {
          throw new AssertionError('our own mistake in /a/path');
        },
      },
    });
    const peer = await served(lab);
    const message = requestOf(
      [itemOf('Query', { functions: [] }, 1), itemOf('DiscoverVersions', { versions: [] }, 2)],
      {
        errorContinuation: BatchErrorContinuationOption.Continue,
      },
    );
    for (let round = 0; round < 2; round++) {
      const answer = await peer.ask(message);
      expect(answer?.items.map((one) => [one.status, one.reason])).toEqual([
        [ResultStatus.OperationFailed, ResultReason.GeneralFailure],
        [ResultStatus.Success, undefined],
      ]);
      expect(answer?.items[0]?.message).not.toContain('mistake');
    }
    expect(faults.map((one) => [one.operation, one.error])).toEqual([
      ['Query', expect.any(AssertionError)],
      ['Query', expect.any(AssertionError)],
    ]);
    await peer.channel.close();
    await Promise.all(lab.servers);
  });

  it('whose answer cannot be written cost one message', async () => {
    const faults: Fault[] = [];
    const lab = new Lab({
      onFault: (fault) => faults.push(fault),
      operations: { Query: async () => ({ serverInformation: [{} as never] }) },
    });
    const peer = await served(lab);
    const answer = await peer.ask(requestOf([itemOf('Query', { functions: [] })]));
    expect(answer?.items.map((one) => one.reason)).toEqual([ResultReason.GeneralFailure]);
    expect(faults.length).toBe(1);
    await peer.channel.close();
    await Promise.all(lab.servers);
  });

  it('do not end the server when the observer of faults fails too', async () => {
    const lab = new Lab({
      onFault: () => {
        throw new Error('the observer');
      },
      operations: { Query: async () => Promise.reject('no error at all') },
    });
    const peer = await served(lab);
    const answer = await peer.ask(requestOf([itemOf('Query', { functions: [] })]));
    expect(answer?.items.map((one) => one.reason)).toEqual([ResultReason.GeneralFailure]);
    await peer.channel.close();
    await Promise.all(lab.servers);
  });

  it('are listed for Query in the order of the specification, Discover Versions always', () => {
    expect(servedOperations(labOperations)).toEqual([
      'Create',
      'Get',
      'GetAttributes',
      'AddAttribute',
      'Activate',
      'Query',
      'DiscoverVersions',
    ]);
  });
});

describe('time limits', () => {
  const request = requestOf([itemOf('Query', { functions: [] })]);
  it.each([
    ['10 s without a first byte', [], 10_000],
    ['10 s inside a message', [request.subarray(0, 20)], 10_000],
    ['300 s between requests', [request], 300_000],
  ])('end the connection after %s', async (_, writes, limitMs) => {
    const lab = new Lab();
    const peer = await served(lab);
    for (const bytes of writes) await peer.channel.write(bytes);
    await settle();
    await lab.clock.advance(limitMs - 1);
    expect(lab.serverEnd?.ended).toBeUndefined();
    await lab.clock.advance(1);
    expect(lab.serverEnd?.ended).toBe('CLOSED');
    await Promise.all(lab.servers);
  });

  it('a connection that closes without a byte is normal', async () => {
    const lab = new Lab();
    await (await served(lab)).channel.close();
    await Promise.all(lab.servers);
    expect(lab.exchanges).toEqual([]);
  });
});
