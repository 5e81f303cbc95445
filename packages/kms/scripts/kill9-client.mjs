// The client of the kill test: makes keys and moves them through their lives as fast as it can, and looks at them after
// a restart. Every step is told to the history before it is asked for, and again when it is answered.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { firstValue } from '@vcryptsim/kmip-lite';
import { KmipClient, KmipClientError } from '@vcryptsim/kmip-lite/client';
import { certificatesFromPem, peerJudge, privateKeyFromPem } from '@vcryptsim/pki';
import { NetworkError } from '@vcryptsim/ports';

const LIVING_PER_WORKER = 6;
export const AES_256 = { algorithm: 'AES', lengthBits: 256, usageMask: 0x0c };
const NEXT = { PreActive: ['Active', 'Destroyed'], Active: ['Deactivated'], Deactivated: ['Destroyed'] };

/** A client with the files that `kms client add` made. */
export async function clientOf({ place, port, network, clock }) {
  const authorities = certificatesFromPem(await readFile(`${place}/ca.pem`, 'utf8'));
  const chain = certificatesFromPem(await readFile(`${place}/cert.pem`, 'utf8'));
  const identity = { chain, privateKey: privateKeyFromPem(await readFile(`${place}/key.pem`)) };
  const judge = peerJudge({ pins: [], authorities }, clock, '127.0.0.1');
  const connect = (signal) => network.connect({ host: '127.0.0.1', port }, { identity, judge, signal });
  return new KmipClient({ connect, clock, timeoutMs: 30_000 });
}

/**
 * Works on one connection until the server is gone, or denies a key of which an answer told.
 *
 * @param living keys of this worker alone, with their states
 * @returns how many keys it was seen to have lost: 0 or 1
 * @throws when the server answers wrongly otherwise while it lives
 */
export async function work(client, history, random, living) {
  try {
    await client.session(async (session) => {
      for (;;) await step(session, history, random, living);
    });
  } catch (error) {
    const isOver =
      error instanceof NetworkError || (error instanceof KmipClientError && error.code === 'CONNECTION_CLOSED');
    if (isOver) return 0;
    if (unlessNotFound(error) === null) return 1;
  }
  return 0;
}

async function step(session, history, random, living) {
  if (living.length < LIVING_PER_WORKER) {
    const id = await session.create(AES_256);
    history.created(id);
    living.push({ id, state: 'PreActive' });
    return;
  }
  const at = random(living.length);
  const key = living[at];
  if (random(3) === 0) {
    if (!history.got(key.id, await digestOf(session, key.id))) throw new Error(`Get of ${key.id} answered other bytes`);
    return;
  }
  const choices = NEXT[key.state];
  const state = choices[random(choices.length)];
  history.asked(key.id, state);
  await change(session, key.id, state);
  history.answered(key.id);
  key.state = state;
  if (state === 'Destroyed') living.splice(at, 1);
}

function change(session, id, state) {
  if (state === 'Active') return session.activate(id);
  if (state === 'Destroyed') return session.perform('Destroy', { uniqueIdentifier: id });
  const revocationReason = { code: 'CessationOfOperation' };
  return session.perform('Revoke', { uniqueIdentifier: id, revocationReason });
}

async function digestOf(session, id) {
  const { taken } = await session.get(id, { take: (view) => createHash('sha256').update(view).digest('hex') });
  return taken;
}

/** Looks at keys after a restart; answers how many were lost and how many came back. */
export async function look(client, history, ids) {
  const found = { kept: 0, lost: 0, resurrected: 0 };
  await client.session(async (session) => {
    for (const id of ids) {
      const attributes = await session.getAttributes(id, ['State']).catch(unlessNotFound);
      const digest = await digestOf(session, id).catch(unlessNotFound);
      const state = attributes === null ? null : firstValue('State', attributes);
      const verdict = history.look(id, { state, digest });
      found[verdict] += 1;
      if (verdict !== 'kept') process.stderr.write(`${verdict}: ${id}, now ${state}\n`);
    }
  });
  return found;
}

function unlessNotFound(error) {
  if (error instanceof KmipClientError && error.reason === 'ItemNotFound') return null;
  throw error;
}
