import { describe, expect, it } from 'vitest';
import { differenceOf, type VmLook } from '../src/guests/vm-looks.js';

const look = (fills: readonly number[], more: Partial<VmLook & { path: string; changes: number }> = {}): VmLook => ({
  extents: [
    {
      path: more.path ?? '/a-flat.vmdk',
      sha256: String(fills),
      bytes: Uint8Array.from(fills.flatMap((fill) => Array.from({ length: 16 }, () => fill))),
      changes: more.changes ?? 0,
    },
  ],
  openedBy: more.openedBy ?? ['kek #1'],
  tried: 3,
});

describe('two looks at a VM', () => {
  it('find ciphertext untouched only where no byte differs and nothing was written', () => {
    expect(differenceOf(look([1, 2]), look([1, 2]))).toEqual({
      ...{ ciphertext: 'untouched', blocks: 2, equalBlocks: 2, areNewFiles: false, writes: 0, keys: 'same' },
    });
    expect(differenceOf(look([1, 2]), look([1, 2], { changes: 1 }))).toMatchObject({ ciphertext: 'mixed', writes: 1 });
    expect(differenceOf(look([1, 2]), look([1, 2], { path: '/b-flat.vmdk' })).ciphertext).toBe('mixed');
  });

  it('find it rewritten only where no block is as it was', () => {
    expect(differenceOf(look([1, 2]), look([3, 4])).ciphertext).toBe('rewritten');
    expect(differenceOf(look([1, 2]), look([3, 2]))).toMatchObject({ ciphertext: 'mixed', equalBlocks: 1 });
  });

  it('find keys replaced only where none that opened it before does now', () => {
    const keysAfter = (...openedBy: string[]) => differenceOf(look([1]), look([1], { openedBy })).keys;
    expect(keysAfter('kek #2')).toBe('replaced');
    expect(keysAfter('kek #1', 'kek #2')).toBe('mixed');
    expect(keysAfter()).toBe('removed');
  });
});
