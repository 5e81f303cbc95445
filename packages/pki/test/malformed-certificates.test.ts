// Certificates come from strangers, before any login. Whatever is wrong with one, the judge answers with a typed
// refusal and nothing else is ever thrown, now or when a field is looked at later.
import { PeerVerifier, PkiError, readCertificate } from '@vcryptsim/pki';
import type { PeerCertificate } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { NOON_MS } from './support/lab.js';
import { certificateWith, extensionValue, READ_EXTENSIONS } from './support/rich-certificate.js';

/** Judges a certificate that is trusted as it is, so that every part of it is looked at. */
function judge(der: Uint8Array, name = 'a.example'): PeerCertificate | PkiError {
  try {
    const verifier = new PeerVerifier({ pins: [der], authorities: [] });
    return verifier.verify([der, der], NOON_MS, name);
  } catch (error) {
    if (error instanceof PkiError) return error;
    throw new Error(`untyped: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** Every byte by a few bits, every end, and some foreign elements. */
function* mutationsOf(value: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < value.length; at++) {
    for (const bits of [0x01, 0x20, 0x7f, 0x80, 0xff]) {
      const changed = Uint8Array.from(value);
      changed[at] = (changed[at] ?? 0) ^ bits;
      yield changed;
    }
    yield value.slice(0, at);
  }
  for (const foreign of ['0500', '040100', '3000', '020100', '0101ff', '30800000', '3084ffffffff', '0c03ff']) {
    yield Uint8Array.from(Buffer.from(foreign, 'hex'));
  }
  yield Uint8Array.from([...value, 0]);
  yield Uint8Array.from([...value, ...value]);
}

describe('a malformed certificate', () => {
  it('is whole when nothing is wrong with it', async () => {
    const der = await certificateWith(READ_EXTENSIONS.map((oid) => [oid, extensionValue(oid)]));
    expect(judge(der)).toMatchObject({
      subject: 'O=x,CN=mallory',
      alternativeNames: ['dns:a.example', 'ip:127.0.0.1', 'uri:http://x/'],
    });
    const { extensions } = readCertificate(der);
    expect(extensions).toMatchObject({ notUnderstood: [], extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] });
    expect(extensions.alternativeNames.map(({ kind }) => kind)).toContain('registeredId');
  });

  it.each(READ_EXTENSIONS)('is refused by name for any wrong extension %s', async (oid) => {
    let inputs = 0;
    let refused = 0;
    for (const value of mutationsOf(extensionValue(oid))) {
      const verdict = judge(await certificateWith([[oid, value]]));
      inputs++;
      if (!(verdict instanceof PkiError)) continue;
      refused++;
      expect(verdict.code).toMatch(/^(MALFORMED|WRONG_NAME|WRONG_USAGE)$/);
    }
    expect(inputs).toBeGreaterThan(25);
    expect(refused).toBeGreaterThan(inputs / 4);
  });

  it('is refused for each byte that is wrong in all the rest of it', async () => {
    const whole = await certificateWith(READ_EXTENSIONS.map((oid) => [oid, extensionValue(oid)]));
    let inputs = 0;
    for (let at = 0; at < whole.length; at++) {
      for (const bits of [0x01, 0x20, 0x80, 0xff]) {
        const changed = Uint8Array.from(whole);
        changed[at] = (changed[at] ?? 0) ^ bits;
        judge(changed);
        inputs++;
      }
      judge(whole.slice(0, at));
    }
    expect(inputs).toBeGreaterThan(2_000);
  });

  it('has no extension twice, and may have garbage where nobody looks', async () => {
    const usage = extensionValue('2.5.29.37');
    expect(
      judge(
        await certificateWith([
          ['2.5.29.37', usage],
          ['2.5.29.37', usage],
        ]),
      ),
    ).toMatchObject({
      code: 'MALFORMED',
      message: expect.stringContaining('2.5.29.37 twice'),
    });
    const unknown = await certificateWith([
      ['2.5.29.17', extensionValue('2.5.29.17')],
      ['1.2.3.4', Uint8Array.of(5, 0)],
      ['1.2.3.5', Uint8Array.of(0xff)],
    ]);
    expect(judge(unknown)).toMatchObject({ subject: 'O=x,CN=mallory' });
  });

  it('of great depth or with very many parts costs no stack', async () => {
    const nested = (depth: number): Uint8Array => {
      let value = Uint8Array.of(0x30, 0);
      for (let at = 0; at < depth; at++) {
        const head = [0x30, 0x83, value.length >> 16, (value.length >> 8) & 0xff, value.length & 0xff];
        value = Uint8Array.from([...head, ...value]);
      }
      return value;
    };
    expect(judge(nested(3_000))).toMatchObject({ code: 'MALFORMED' });
    expect(judge(await certificateWith([['2.5.29.17', nested(2_000)]]))).toMatchObject({ code: 'MALFORMED' });
    const many = Uint8Array.from([0x30, 0x82, 0x61, 0xa8, ...Array(12_500).fill([0x82, 0]).flat()]);
    expect(judge(await certificateWith([['2.5.29.17', many]]))).toMatchObject({ code: 'MALFORMED' });
  });
});

describe('a date that cannot be read', () => {
  const at = (der: Uint8Array, which: 0 | 1): number => {
    const first = Buffer.from(der).indexOf(Buffer.from([0x17, 13]));
    return (which === 0 ? first : Buffer.from(der).indexOf(Buffer.from([0x17, 13]), first + 15)) + 2;
  };

  it.each(['99xx31235959Z', '261399235959Z', '260230000000Z', '26112112000Z0', '2611211200+01', '             '])(
    'refuses the certificate, pinned or not, whichever date it is: %s',
    async (text) => {
      const whole = await certificateWith([['2.5.29.17', extensionValue('2.5.29.17')]]);
      for (const which of [0, 1] as const) {
        const changed = Uint8Array.from(whole);
        changed.set(new TextEncoder().encode(text), at(whole, which));
        const verifier = new PeerVerifier({ pins: [changed], authorities: [] });
        for (const nowMs of [0, NOON_MS, Date.UTC(2199, 0)]) {
          expect(() => verifier.verify([changed], nowMs)).toThrow(/moment of validity cannot be read/);
        }
      }
    },
  );

  it('is no time of the judge either: one that is not a number accepts nobody', async () => {
    const whole = await certificateWith([]);
    const verifier = new PeerVerifier({ pins: [whole], authorities: [] });
    expect(() => verifier.verify([whole], Number.NaN)).toThrow(PkiError);
  });
});
