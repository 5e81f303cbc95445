import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { LabAuthority } from '@vcryptsim/pki';
import type { Clock, Entropy, KeyPair, KeyPairKind, KeyPairSource } from '@vcryptsim/ports';

/** 2026-11-21T12:00:00Z, the moment at which most of these tests take place. */
export const NOON_MS = Date.UTC(2026, 10, 21, 12);
export const DAY_MS = 86_400_000;
/** A day before and a day after noon. */
export const AROUND_NOON = { notBeforeMs: NOON_MS - DAY_MS, notAfterMs: NOON_MS + DAY_MS };

/** A clock that stands still and runs work at once. */
export function standingClock(nowMs = NOON_MS): Clock {
  const refuse = async (): Promise<never> => {
    throw new Error('nothing waits here');
  };
  return { nowMs, after: refuse, sleepUntil: refuse, within: refuse, task: (_label, work) => work(), pulse: () => {} };
}

/** Bytes that count up: never the same twice, always the same in each run. */
export function countingEntropy(): Entropy {
  let next = 1;
  const draw = (lengthBytes: number): Uint8Array => Uint8Array.from({ length: lengthBytes }, () => next++ & 0xff);
  return { secret: draw, public: draw, fork: countingEntropy };
}

const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ privateKey: KeyObject; publicKey: KeyObject }>;

/** Key pairs of the system. */
export const keyPairs: KeyPairSource = {
  generate: (kind: KeyPairKind): Promise<KeyPair> =>
    kind === 'rsa-2048' ? generate('rsa', { modulusLength: 2048 }) : generate('ec', { namedCurve: 'P-256' }),
};

export const ports = { clock: standingClock(), entropy: countingEntropy() };

/** An authority that is valid around noon. */
export function makeAuthority(subject = 'CN=lab authority'): Promise<LabAuthority> {
  return LabAuthority.create({ ...ports, keyPairs, subject, validity: AROUND_NOON });
}
