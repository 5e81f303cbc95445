// The replay's judgement is only worth what it can find: each difference here must be seen, and nothing else.
import { bytes, dateTime, enumeration, type Item, integer, item, structure, Tag, text } from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { Bindings } from './bindings.js';
import { compareAnswer } from './compare-answer.js';

const PLACEHOLDER = '00000000-0000-4000-8000-000000000000';
const OTHER_PLACEHOLDER = '00000000-0000-4000-8000-000000000001';
const SENT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const bindings = (): Bindings =>
  new Bindings({ id: '', description: '', placeholders: { $0: PLACEHOLDER, $1: OTHER_PLACEHOLDER }, steps: [] });

const id = (value: string): Item => item(Tag.UniqueIdentifier, text(value));
const attribute = (name: string, value: Item, index?: number): Item =>
  item(
    Tag.Attribute,
    structure([
      item(Tag.AttributeName, text(name)),
      ...(index === undefined ? [] : [item(Tag.AttributeIndex, integer(index))]),
      value,
    ]),
  );
const state = (value: number): Item => attribute('State', item(Tag.AttributeValue, enumeration(value)));
const answer = (payload: readonly Item[], status = 0, more: readonly Item[] = []): Item =>
  item(
    Tag.ResponseMessage,
    structure([
      item(
        Tag.BatchItem,
        structure([
          item(Tag.Operation, enumeration(0x0b)),
          item(Tag.ResultStatus, enumeration(status)),
          item(Tag.ResponsePayload, structure(payload)),
        ]),
      ),
      ...more,
    ]),
  );
const compare = (sample: Item, seen: Item, known = bindings()): string[] =>
  compareAnswer(sample, seen, known, new Set([Buffer.from(SENT).toString('hex')]));

describe('the comparison of an answer with the sample', () => {
  it('finds nothing where only what is the server’s own differs, or more is there', () => {
    const sample = answer([
      id(PLACEHOLDER),
      attribute('Initial Date', item(Tag.AttributeValue, dateTime(1))),
      item(Tag.KeyMaterial, bytes(Uint8Array.of(9, 9, 9))),
    ]);
    const seen = answer([
      id('key-1'),
      state(1),
      attribute('Initial Date', item(Tag.AttributeValue, dateTime(2))),
      item(Tag.KeyMaterial, bytes(Uint8Array.of(7))),
    ]);
    expect(compare(sample, seen)).toEqual([]);
  });

  it.each<[difference: string, sample: Item, seen: Item, said: string]>([
    ['another status', answer([state(1)]), answer([state(1)], 1), 'ResultStatus is 1, not 0'],
    ['another value', answer([state(1)]), answer([state(2)]), 'AttributeValue is 2, not 1'],
    ['an absent attribute', answer([state(1)]), answer([]), 'Attribute(State) is absent'],
    [
      'another index',
      answer([attribute('x-A', item(Tag.AttributeValue, text('a')), 1)]),
      answer([attribute('x-A', item(Tag.AttributeValue, text('a')))]),
      'Attribute(x-A 1) is absent',
    ],
    [
      'another type',
      answer([attribute('x-A', item(Tag.AttributeValue, text('1')))]),
      answer([attribute('x-A', item(Tag.AttributeValue, integer(1)))]),
      'is of type Integer, not TextString',
    ],
    ['an absent list entry', answer([item(Tag.AttributeName, text('State'))]), answer([]), 'State is absent'],
    [
      'other bytes than were sent',
      answer([item(Tag.KeyMaterial, bytes(SENT))]),
      answer([item(Tag.KeyMaterial, bytes(SENT.slice(1)))]),
      'has other bytes than were sent',
    ],
    [
      'a located object too many',
      answer([id(PLACEHOLDER)]),
      answer([id('key-1'), id('key-2')]),
      'has 2 identifiers, not 1',
    ],
    [
      'one located object for two',
      answer([id(PLACEHOLDER), id(OTHER_PLACEHOLDER)]),
      answer([id('key-1'), id('key-1')]),
      `lacks the object ${OTHER_PLACEHOLDER}`,
    ],
    [
      'a batch item too many',
      answer([]),
      answer([], 0, [item(Tag.BatchItem, structure([]))]),
      'has 2 batch items, not 1',
    ],
  ])('finds %s', (_, sample, seen, said) => {
    const found = compare(sample, seen);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(said);
  });

  it('holds a placeholder to what the server first gave for it', () => {
    const known = bindings();
    expect(compare(answer([id(PLACEHOLDER), state(1)]), answer([id('key-1'), state(1)]), known)).toEqual([]);
    const found = compare(answer([id(PLACEHOLDER), state(1)]), answer([id('key-2'), state(1)]), known);
    expect(found).toEqual(['BatchItem.ResponsePayload.UniqueIdentifier is key-2, not key-1']);
  });
});
