import {
  type Attribute,
  attribute,
  firstValue,
  type GetRequest,
  type KeyBlock,
  type ManagedObject,
} from '@vcryptsim/kmip-lite';
import { type KmipClient, KmipClientError, type KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyServer } from '@vcryptsim/kms';
import type { KeyId } from '@vcryptsim/ports';
import { expect } from 'vitest';
import { Lab } from './lab.js';
import { NOON_MS } from './world.js';

/** 2026-11-21T12:00:00Z in seconds. */
export const NOON_S = NOON_MS / 1000;
export const AES_256 = { algorithm: 'AES', lengthBits: 256, usageMask: 0x0c } as const;
export const named = (value: string): Attribute => attribute('Name', { value, type: 'UninterpretedTextString' });
export const copyOf = { take: (view: Uint8Array) => Uint8Array.from(view) };

/** Runs `work` with one connection of a registered client. */
export function withSession<T>(
  work: (session: KmipSession, lab: Lab, client: KmipClient, server: KeyServer) => Promise<T>,
): Promise<T> {
  return Lab.run(async (lab) => {
    const server = await lab.serve();
    const client = await lab.registered(server);
    try {
      return await client.session((session) => work(session, lab, client, server));
    } finally {
      await server.close();
    }
  });
}

export async function reasonOf(work: Promise<unknown>): Promise<string | null> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) return null;
  expect(error).toBeInstanceOf(KmipClientError);
  return (error as KmipClientError).reason ?? (error as KmipClientError).code;
}

export const stateOf = async (session: KmipSession, id: KeyId) =>
  firstValue('State', await session.getAttributes(id, ['State']));
export const revoke = (session: KmipSession, id: KeyId, code: 'KeyCompromise' | 'CessationOfOperation') =>
  session.perform('Revoke', { uniqueIdentifier: id, revocationReason: { code } });
export const destroy = (session: KmipSession, id: KeyId) => session.perform('Destroy', { uniqueIdentifier: id });
export const locate = async (session: KmipSession, attributes: Attribute[], more = {}) =>
  (await session.perform('Locate', { attributes, ...more })).uniqueIdentifiers;

/** Get in any form: the object as the wire carries it, with copies of its bytes. */
export function getObject(
  session: KmipSession,
  id: KeyId,
  more: Pick<GetRequest, 'keyFormatType' | 'keyCompressionType' | 'keyWrappingSpecification'> = {},
): Promise<ManagedObject | string> {
  return session.exchange([{ operation: 'Get', payload: { uniqueIdentifier: id, ...more } }], ([result]) => {
    if (result?.status === 'Success' && result.operation === 'Get') return structuredClone(result.payload.object);
    return result?.status === 'OperationFailed' ? result.reason : 'no answer';
  });
}

export const blockOf = (object: ManagedObject | string): KeyBlock => {
  if (typeof object === 'string' || !('keyBlock' in object)) throw new Error(`no key block: ${JSON.stringify(object)}`);
  return object.keyBlock;
};
export const materialOf = (block: KeyBlock): Uint8Array => {
  if (block.keyValue instanceof Uint8Array) return block.keyValue;
  if (!(block.keyValue.keyMaterial instanceof Uint8Array)) throw new Error('transparent');
  return block.keyValue.keyMaterial;
};
