import { createPublicKey, sign, verify } from 'node:crypto';
import { SystemClock, SystemEntropy, SystemKeyPairs } from '@vcryptsim/ports/os';
import { describe, expect, it } from 'vitest';

describe('SystemEntropy', () => {
  it('fills a buffer that nobody else holds', () => {
    const entropy = new SystemEntropy();
    for (const draw of [entropy.secret(32, 'a'), entropy.public(32, 'a'), entropy.fork('host', 1).secret(32, 'a')]) {
      expect(draw).toHaveLength(32);
      expect(draw.buffer.byteLength).toBe(32);
      expect(draw.some((byte) => byte !== 0)).toBe(true);
    }
    expect(entropy.secret(32, 'a')).not.toEqual(entropy.secret(32, 'a'));
    expect(entropy.secret(0, 'none')).toHaveLength(0);
  });
});

describe('SystemKeyPairs', () => {
  it.each([
    ['rsa-1024', 'rsa', { modulusLength: 1024, publicExponent: 65537n }],
    ['rsa-2048', 'rsa', { modulusLength: 2048, publicExponent: 65537n }],
    ['ec-p256', 'ec', { namedCurve: 'prime256v1' }],
  ] as const)('makes %s pairs that belong together', async (kind, type, details) => {
    const { privateKey, publicKey } = await new SystemKeyPairs(new SystemClock()).generate(kind);
    expect(privateKey.asymmetricKeyType).toBe(type);
    expect(publicKey.asymmetricKeyDetails).toEqual(details);
    expect(createPublicKey(privateKey).equals(publicKey)).toBe(true);
    const message = new TextEncoder().encode('hello');
    expect(verify('sha256', message, publicKey, sign('sha256', message, privateKey))).toBe(true);
  });

  it('makes them as a task of its clock', async () => {
    const labels: string[] = [];
    const clock = new SystemClock();
    const task: SystemClock['task'] = (label, work) => {
      labels.push(label);
      return work();
    };
    await new SystemKeyPairs({
      ...clock,
      nowMs: 0,
      after: clock.after,
      sleepUntil: clock.sleepUntil,
      within: clock.within,
      task,
      pulse: () => {},
    }).generate('ec-p256');
    expect(labels).toEqual(['make ec-p256 key pair']);
  });
});
