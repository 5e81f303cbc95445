import { describe, expect, it } from 'vitest';
import type { EntriesEffect } from '../../../src/files/power-cut/effects.js';
import { syncedBy, thoseThatCan, withWhatTheyNeed } from '../../../src/files/power-cut/entry-order.js';
import { FileNames, type FileNode } from '../../../src/files/power-cut/file-node.js';

const names = new FileNames();
const [f, g] = [names.make(true), names.make(true)];
const node = () => names.make(false);
type Change = [folder: FileNode, name: string, before: FileNode | null, after: FileNode | null];
const effect = (...changes: Change[]): EntriesEffect => ({
  kind: 'entries',
  changes: changes.map(([folder, name, before, after]) => ({ folder, name, before, after })),
});
const marks = (list: readonly boolean[]) => list.map(Number).join('');
const bools = (text: string) => [...text].map((one) => one === '1');

describe('names', () => {
  const n = node();
  const create = effect([f, 'new', null, n]);
  const rename = effect([f, 'a', null, n], [f, 'new', n, null]);
  const other = effect([f, 'b', null, node()]);

  it('land in the order of the calls where they are the same, and else alone', () => {
    const all = [create, other, rename];
    expect(marks(thoseThatCan(all, bools('011')))).toBe('010');
    expect(marks(thoseThatCan(all, bools('101')))).toBe('101');
    expect(marks(withWhatTheyNeed(all, bools('001')))).toBe('101');
    expect(marks(withWhatTheyNeed(all, bools('010')))).toBe('010');
  });

  it('of a file go only when those that came before are there', () => {
    const m = node();
    const moved = [effect([g, 'a', null, m]), effect([f, 'a', m, null])];
    expect(marks(thoseThatCan(moved, bools('01')))).toBe('00');
    expect(marks(thoseThatCan(moved, bools('10')))).toBe('10');
    expect(marks(withWhatTheyNeed(moved, bools('01')))).toBe('11');
    expect(marks(syncedBy(moved, f))).toBe('00');
    expect(marks(syncedBy(moved, g))).toBe('10');
    expect(marks(syncedBy(moved.slice(1), f))).toBe('1');
  });

  it('need the folder that they are in, but a sync of it does not make it durable in its parent', () => {
    const h = names.make(true);
    const inside = [effect([f, 'h', null, h]), effect([h, 'a', null, node()])];
    expect(marks(thoseThatCan(inside, bools('01')))).toBe('00');
    expect(marks(withWhatTheyNeed(inside, bools('01')))).toBe('11');
    expect(marks(syncedBy(inside, h))).toBe('01');
  });

  it('of a folder that moved become durable with either end, and what made it with them', () => {
    const h = names.make(true);
    const moved = [effect([f, 'h.new', null, h]), effect([g, 'h', null, h], [f, 'h.new', h, null])];
    expect(marks(syncedBy(moved, g))).toBe('11');
    expect(marks(syncedBy(moved, f))).toBe('11');
  });
});
