import {
  decodeElement,
  decodeNvram,
  decodeText,
  encodeElement,
  formatBundle,
  formatKeyLocator,
  type KeyLocator,
  parseBundle,
  parseDescriptor,
  parseKeyLocator,
  Vmx,
} from '@vcryptsim/hypervisor/formats';
import type { CryptoKeyId } from '@vcryptsim/ports';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEY, pattern } from './support/lab.js';

/** Runs a parser; a coded refusal is fine, any other error is a bug. */
function tolerate(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if ((error as Error).name !== 'HypervisorError') throw error;
  }
}

const VMX = '# c\n.encoding = "UTF-8"\ndisplayName = "a|22"\nscsi0:0.fileName = "web.vmdk"\n';
const DESCRIPTOR =
  '# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="vmfs"\nRW 8 VMFS "a-flat.vmdk"\nddb.uuid = "60 00"\n';
const BUNDLE = formatBundle([{ keyId: KEY.id, locked: pattern(96) }]);

/** Text near a good one: pieces cut out, doubled, swapped for marks that parsers trip over. */
const near = (good: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.record({
        at: fc.nat(good.length),
        cut: fc.nat(6),
        put: fc.oneof(
          fc.constantFrom(
            '"',
            '=',
            '|',
            '%',
            '/',
            '(',
            ')',
            ',',
            '\n',
            '\r\n',
            '\0',
            '<VMWARE-NULL>',
            '__proto__',
            'RW ',
          ),
          fc.string({ maxLength: 4 }),
        ),
      }),
      { maxLength: 5 },
    )
    .map((edits) => edits.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), good));

describe('a parser answers or refuses with a code, whatever comes', () => {
  it.each<[string, fc.Arbitrary<string>, (text: string) => unknown]>([
    ['VMX', near(VMX), (text) => Vmx.parse(text, 'f')],
    ['descriptor', near(DESCRIPTOR), (text) => parseDescriptor(text, 'f')],
    ['key locator', near(BUNDLE), (text) => parseKeyLocator(text, 'f')],
    ['bundle', near(BUNDLE), (text) => parseBundle(text, 'f')],
  ])('%s', (_name, texts, parse) => {
    fc.assert(
      fc.property(fc.oneof(texts, fc.string()), (text) => tolerate(() => parse(text))),
      { numRuns: 2000 },
    );
  });

  it('bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        tolerate(() => decodeText(bytes, 'f'));
        tolerate(() => decodeNvram(Buffer.concat([Buffer.from('VCNVRAM1'), bytes]), 'f'));
      }),
    );
  });
});

describe('a VMX', () => {
  it('that was read is written back as it was', () => {
    fc.assert(
      fc.property(near(VMX), (text) => {
        tolerate(() => {
          expect(Vmx.parse(text, 'f').toText()).toBe(text);
          const bytes = Buffer.from(text);
          expect(Buffer.from(Vmx.read(bytes, 'f').toBytes())).toEqual(bytes);
        });
      }),
    );
  });

  it('gives back any value that was set, and changes no other line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const vmx = Vmx.parse(VMX, 'f');
        vmx.set('displayname', value);
        const again = Vmx.parse(vmx.toText(), 'f');
        expect(again.get('displayName')).toBe(value);
        expect(vmx.toText().split('\n').with(2, '')).toEqual(VMX.split('\n').with(2, ''));
      }),
    );
  });
});

const element = fc.option(fc.string({ unit: 'grapheme' }), { nil: null });
const leaf: fc.Arbitrary<KeyLocator> = fc.oneof(
  fc.constant<KeyLocator>({ type: 'null' }),
  fc.record({ type: fc.constant('rawkey' as const), keyData: element }),
  fc.record({ type: fc.constant('phrase' as const), id: fc.string(), keyGenerator: element }),
  fc.record({ type: fc.constant('fqid' as const), id: element, keyServerId: element, keyId: element }),
  fc.record({ type: fc.constant('script' as const), id: element, path: element, signature: element }),
);
const locator: fc.Arbitrary<KeyLocator> = fc.letrec<{ any: KeyLocator }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.record({ type: fc.constant('list' as const), locators: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ type: fc.constant('pair' as const), locker: tie('any'), macName: element, locked: element }),
  ),
})).any;

describe('a key locator', () => {
  it('round trip of every tree', () => {
    fc.assert(
      fc.property(locator, (tree) => {
        expect(parseKeyLocator(formatKeyLocator(tree), 'f')).toEqual(tree);
      }),
    );
  });

  it('round trip of every element', () => {
    fc.assert(
      fc.property(element, (text) => {
        expect(decodeElement(encodeElement(text))).toBe(text);
      }),
    );
  });

  it('names any key ID and provider in a bundle', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(name, name, fc.uint8Array({ minLength: 64, maxLength: 300 }), (keyId, providerId, locked) => {
        const id = { keyId, providerId } as CryptoKeyId;
        expect(parseBundle(formatBundle([{ keyId: id, locked }]), 'f')).toEqual([{ keyId: id, locked }]);
      }),
    );
  });
});

it('parsing is linear: twice the text is not four times the work', () => {
  // At these sizes a quadratic parser would not end within the test's time limit.
  const lines = Math.floor(2 ** 20 / 20);
  Vmx.parse(Array.from({ length: lines }, (_, index) => `k${index} = "x"`).join('\n'), 'f');
  tolerate(() => Vmx.parse(`a = "${'" '.repeat(30_000)}`, 'f'));
  tolerate(() => parseKeyLocator(`vmware:key/list/(${'rawkey/a,'.repeat(100_000)}`, 'f'));
  tolerate(() => parseKeyLocator(`vmware:key/fqid/${'%'.repeat(2 ** 20)}`, 'f'));
  expect(parseKeyLocator(`vmware:key/rawkey/${'%2d'.repeat(300_000)}`, 'f')).toEqual({
    type: 'rawkey',
    keyData: '-'.repeat(300_000),
  });
});
