// Chance from a seed, so that a finding can be had again.

/** A stream of numbers from 0 to 1 (mulberry32), and what fuzzers draw from it. */
export function chanceOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(next() * count);
  return {
    next,
    below,
    pick: (list) => list[below(list.length)],
    sometimes: (share, make) => (next() < share ? make() : undefined),
    several: (most, make) => Array.from({ length: below(most + 1) }, make),
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
  };
}
