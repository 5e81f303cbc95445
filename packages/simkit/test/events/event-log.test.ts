import { EventLog } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

const clock = { nowMs: 1000, tick: () => {} };
const logOf = (events: readonly [source: string, event: unknown][]) => {
  let nowMs = 1000;
  const log = new EventLog({
    get nowMs() {
      return nowMs++;
    },
    after: async () => {},
    sleepUntil: async () => {},
    within: (_limit, work) => work,
    task: (_label, work) => work(),
    pulse: () => {},
  });
  for (const [source, event] of events) log.sink(source).emit(event);
  return log;
};

describe('EventLog', () => {
  it('keeps what was said, by whom, when, in one order', () => {
    const log = logOf([
      ['esx-1', { type: 'HOST_BOOTED', incarnation: 1 }],
      ['kms', { type: 'KEY_CREATED' }],
    ]);
    expect(log.entries()).toEqual([
      { sequence: 1, atMs: clock.nowMs, source: 'esx-1', event: { type: 'HOST_BOOTED', incarnation: 1 } },
      { sequence: 2, atMs: clock.nowMs + 1, source: 'kms', event: { type: 'KEY_CREATED' } },
    ]);
  });

  it('writes the same bytes whatever the order of the fields', () => {
    const one = logOf([['a', { x: 1, nested: { b: [1, { d: 1, c: 2 }], a: null } }]]);
    const other = logOf([['a', { nested: { a: null, b: [1, { c: 2, d: 1 }] }, x: 1 }]]);
    expect(one.toJsonLines()).toBe(
      '{"atMs":1000,"event":{"nested":{"a":null,"b":[1,{"c":2,"d":1}]},"x":1},"sequence":1,"source":"a"}\n',
    );
    expect(other.digest()).toBe(one.digest());
    expect(logOf([['a', { x: 2 }]]).digest()).not.toBe(one.digest());
    expect(logOf([]).digest()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('tells listeners of each entry until they leave', () => {
    const log = logOf([['a', 1]]);
    const heard: unknown[] = [];
    const leave = log.subscribe((entry) => heard.push(entry.event));
    log.sink<number>('a').emit(2);
    leave();
    log.sink<number>('a').emit(3);
    expect(heard).toEqual([2]);
  });
});
