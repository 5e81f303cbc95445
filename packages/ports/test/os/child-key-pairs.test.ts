import { sign, verify } from 'node:crypto';
import { ChildKeyPairs } from '@vcryptsim/ports/os';
import { describe, expect, it } from 'vitest';

describe('key pairs of a process of their own', () => {
  it.each(['ec-p256', 'rsa-1024'] as const)('belong together: %s', async (kind) => {
    const pairs = new ChildKeyPairs();
    const { privateKey, publicKey } = await pairs.generate(kind);
    const data = Buffer.from('signed');
    expect(verify('sha256', data, publicKey, sign('sha256', data, privateKey))).toBe(true);
    await pairs.close();
  });

  it('come one after another, each asked for when the one before was there', async () => {
    const pairs = new ChildKeyPairs();
    for (let left = 3; left > 0; left--) expect((await pairs.generate('ec-p256')).privateKey.type).toBe('private');
    await pairs.close();
  });

  it('come in the order in which they were asked for; one that is given up holds nobody up', async () => {
    const pairs = new ChildKeyPairs();
    const order: string[] = [];
    const life = new AbortController();
    const first = pairs.generate('ec-p256').then(() => order.push('first'));
    // Longer than this test may take, many times over.
    const given = Promise.allSettled([
      pairs.generate('rsa-4096', life.signal),
      pairs.generate('rsa-4096', life.signal),
    ]);
    const last = pairs.generate('ec-p256').then(() => order.push('last'));
    await first;
    life.abort();
    expect((await given).map((one) => one.status === 'rejected' && one.reason.code)).toEqual([
      'KEY_PAIRS_CLOSED',
      'KEY_PAIRS_CLOSED',
    ]);
    await last;
    expect(order).toEqual(['first', 'last']);
    await pairs.close();
  });

  it('end at once when they are closed, those under way too', async () => {
    const pairs = new ChildKeyPairs();
    const under = expect(pairs.generate('rsa-4096')).rejects.toMatchObject({ code: 'KEY_PAIRS_CLOSED' });
    const waiting = expect(pairs.generate('ec-p256')).rejects.toMatchObject({ code: 'KEY_PAIRS_CLOSED' });
    await new Promise((resolve) => setImmediate(resolve));
    await pairs.close();
    await Promise.all([under, waiting]);
    await expect(pairs.generate('ec-p256')).rejects.toMatchObject({ code: 'KEY_PAIRS_CLOSED' });
  });
});
