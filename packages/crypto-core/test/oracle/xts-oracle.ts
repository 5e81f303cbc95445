// XTS-AES from the standards' own formulas, in BigInt and small arrays: slow, short, and kin to neither engine.
// FIPS 197 for AES, IEEE 1619-2018 section 5 for XTS. Numbers in parentheses are FIPS 197 sections.

const times2 = (a: number): number => ((a << 1) ^ (a & 0x80 ? 0x11b : 0)) & 0xff;
const times = (a: number, b: number): number => (b === 0 ? 0 : (b & 1 ? a : 0) ^ times(times2(a), b >> 1));
const rotate8 = (a: number, by: number): number => ((a << by) | (a >> (8 - by))) & 0xff;

/** The S-box (5.1.1): inverse in GF(2^8), then an affine map. */
const SBOX = Array.from({ length: 256 }, (_, a) => {
  const inverse = Array.from({ length: 256 }, (_, b) => b).find((b) => times(a, b) === 1) ?? 0;
  return [1, 2, 3, 4].reduce((sum, by) => sum ^ rotate8(inverse, by), inverse) ^ 0x63;
});
const INVERSE_SBOX = SBOX.map((_, value) => SBOX.indexOf(value));

/** Round keys (5.2), 16 bytes each. */
function expand(key: number[]): number[][] {
  const words = key.length / 4;
  const schedule = Array.from({ length: words }, (_, i) => key.slice(i * 4, i * 4 + 4));
  let constant = 1;
  for (let i = words; i < (words + 7) * 4; i++) {
    let word = schedule[i - 1]!;
    if (i % words === 0) {
      word = [...word.slice(1), word[0]!].map((byte, at) => SBOX[byte]! ^ (at === 0 ? constant : 0));
      constant = times2(constant);
    } else if (words > 6 && i % words === 4) word = word.map((byte) => SBOX[byte]!);
    schedule.push(word.map((byte, at) => byte ^ schedule[i - words]![at]!));
  }
  return Array.from({ length: words + 7 }, (_, round) => schedule.slice(round * 4, round * 4 + 4).flat());
}

const xor = (a: number[], b: number[]): number[] => a.map((byte, at) => byte ^ b[at]!);
/** MixColumns with one row of its matrix (5.1.3, 5.3.3). */
const mix = (s: number[], row: number[]): number[] =>
  s.map((_, at) => row.reduce((sum, factor, k) => sum ^ times(s[(at & 12) + ((at + k) & 3)]!, factor), 0));

function encryptBlock(keys: number[][], block: number[]): number[] {
  return keys.slice(1).reduce(
    (state, key, round) => {
      const shifted = state.map((_, at) => SBOX[state[(at + 4 * (at & 3)) & 15]!]!);
      return xor(round === keys.length - 2 ? shifted : mix(shifted, [2, 3, 1, 1]), key);
    },
    xor(block, keys[0]!),
  );
}

function decryptBlock(keys: number[][], block: number[]): number[] {
  return keys
    .slice(1)
    .reduceRight((state, key, round) => {
      const added = xor(state, key);
      const unmixed = round === keys.length - 2 ? added : mix(added, [14, 11, 13, 9]);
      return unmixed.map((_, at) => INVERSE_SBOX[unmixed[(at - 4 * (at & 3)) & 15]!]!);
    }, block)
    .map((byte, at) => byte ^ keys[0]![at]!);
}

const toNumber = (bytes: number[]): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const toBytes = (n: bigint): number[] => Array.from({ length: 16 }, (_, at) => Number((n >> BigInt(8 * at)) & 0xffn));

/** One data unit of whole blocks (IEEE 1619-2018 sections 5.3 and 5.4). */
export function xtsOracle(
  direction: 'encrypt' | 'decrypt',
  key: Uint8Array,
  unit: Uint8Array,
  dataUnit: bigint,
): number[] {
  const key1 = expand([...key.subarray(0, key.length / 2)]);
  const turn = direction === 'encrypt' ? encryptBlock : decryptBlock;
  let tweak = toNumber(encryptBlock(expand([...key.subarray(key.length / 2)]), toBytes(dataUnit)));
  return Array.from({ length: unit.length / 16 }, (_, j) => {
    const whitened = toBytes(toNumber([...unit.subarray(j * 16, j * 16 + 16)]) ^ tweak);
    const block = toBytes(toNumber(turn(key1, whitened)) ^ tweak);
    tweak = (tweak << 1n) ^ (tweak >> 127n ? (1n << 128n) | 0x87n : 0n);
    return block;
  }).flat();
}
