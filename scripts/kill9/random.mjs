/** Whole numbers from 0 to below `bound`, the same for the same seed (mulberry32). */
export function randomOf(seed) {
  let word = seed >>> 0;
  return (bound) => {
    word = (word + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(word ^ (word >>> 15), word | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
