import { describe, expect, it } from 'vitest';
import { editDistance, nearestWord } from '../src/language/nearest-word.js';

describe('the nearest word', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['hnag', 'hang', 1],
    ['ca', 'abc', 3],
  ])('is %j from %j by %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
  it('is found when near and not made up when far', () => {
    expect(nearestWord('VM.Raed', ['vm.write', 'vm.read'])).toBe('vm.read');
    expect(nearestWord('banana', ['vm.write', 'vm.read'])).toBeNull();
    expect(nearestWord('x', [])).toBeNull();
  });
});
