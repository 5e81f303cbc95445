// Seeded inputs for the TTLV reader and the server behind it, and what must hold for each of them.
import { sampleMessages } from './sample-messages.mjs';

/** Numbers from a seed (mulberry32): `below(n)` gives 0 .. n-1. */
export function seededNumbers(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { below: (limit) => next() % limit };
}

const edgeLengths = [0, 1, 4, 7, 8, 9, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff];
const types = ['Integer', 'LongInteger', 'Enumeration', 'Boolean', 'TextString', 'ByteString', 'DateTime', 'Interval'];

function randomBytes(numbers, lengthBytes) {
  return Uint8Array.from({ length: lengthBytes }, () => numbers.below(256));
}

function randomItem(numbers) {
  const tag = 0x420001 + numbers.below(0xd3);
  const type = types[numbers.below(types.length)];
  if (type === 'TextString') return { tag, type, utf8: new TextEncoder().encode('x'.repeat(numbers.below(20))) };
  if (type === 'ByteString') return { tag, type, bytes: randomBytes(numbers, numbers.below(40)) };
  if (type === 'Boolean') return { tag, type, value: numbers.below(2) === 1 };
  if (type === 'LongInteger' || type === 'DateTime') {
    return {
      tag,
      type,
      value: BigInt.asIntN(64, (BigInt(numbers.below(2 ** 32)) << 32n) | BigInt(numbers.below(2 ** 32))),
    };
  }
  return { tag, type, value: type === 'Integer' ? numbers.below(2 ** 32) | 0 : numbers.below(2 ** 32) };
}

/** Random bytes, now and then behind the head of a request. */
function rawInput(numbers) {
  const bytes = randomBytes(numbers, numbers.below(300));
  if (numbers.below(2) === 0 && bytes.length >= 8) {
    bytes.set([0x42, 0x00, 0x78, 0x01, 0, 0, (bytes.length - 8) >> 8, (bytes.length - 8) & 0xff]);
  }
  return bytes;
}

/** Changes one place of a tree: drops, repeats, moves, replaces or adds an item, or gives it another tag. */
function mutateTree(tree, numbers) {
  const structures = tree.items.flatMap(({ type }, at) => (type === 'Structure' ? at : []));
  const items = [...tree.items];
  if (structures.length > 0 && numbers.below(3) > 0) {
    const at = structures[numbers.below(structures.length)];
    items[at] = mutateTree(items[at], numbers);
    return { ...tree, items };
  }
  const at = numbers.below(items.length + 1);
  const other = numbers.below(items.length + 1);
  const change = numbers.below(6);
  if (change === 0) items.splice(at, 1);
  else if (change === 1 && at < items.length) items.splice(other, 0, items[at]);
  else if (change === 2) items.splice(other, 0, ...items.splice(at, 1));
  else if (change === 3 && at < items.length) items[at] = randomItem(numbers);
  else if (change === 4 && at < items.length) items[at] = { ...items[at], tag: 0x420001 + numbers.below(0xd3) };
  else items.splice(at, 0, randomItem(numbers));
  return { ...tree, items };
}

/** A mutated message; half of them get a wrong length or a wrong byte on top. */
function grammarInput(samples, numbers, encodeTtlv) {
  let tree = samples[numbers.below(samples.length)];
  for (let changes = numbers.below(4); changes > 0; changes -= 1) tree = mutateTree(tree, numbers);
  const bytes = encodeTtlv(tree);
  const change = numbers.below(4);
  if (change === 0) {
    const heads = Math.max(1, bytes.length / 8);
    const length = edgeLengths[numbers.below(edgeLengths.length)];
    new DataView(bytes.buffer).setUint32(numbers.below(heads) * 8 + 4, length);
  } else if (change === 1) bytes[numbers.below(bytes.length)] = numbers.below(256);
  return bytes;
}

/**
 * Gives inputs to reader, server and renderers and throws at the first that breaks a rule: only TtlvError may come out of
 * the reader, what it accepts is written back byte for byte, every message has an answer that reads back, and the
 * renderers show whatever there is.
 *
 * @param kmip functions of src or dist
 * @param o.n how many inputs, half of them raw, half by grammar
 * @param o.seed the same seed gives the same inputs
 * @param o.onProgress told the count every 10,000 inputs
 * @returns how many inputs the reader accepted, and how many were requests whose items got an answer of their own
 */
export async function fuzz(kmip, { n, seed, onProgress = () => {} }) {
  const { decodeTtlv, encodeTtlv, answer, readResponse, renderMessage, renderHex, summarizeMessage, TtlvError } = kmip;
  const numbers = seededNumbers(seed);
  const samples = sampleMessages(kmip);
  let accepted = 0;
  let understood = 0;
  for (let count = 1; count <= n; count += 1) {
    const input = count % 2 === 0 ? rawInput(numbers) : grammarInput(samples, numbers, encodeTtlv);
    try {
      const tree = decodeTtlv(input);
      accepted += 1;
      if (Buffer.compare(encodeTtlv(tree), input) !== 0) throw new Error('the accepted input is written differently');
    } catch (error) {
      if (!(error instanceof TtlvError)) throw failure(count, input, error);
    }
    try {
      const { response, last } = await answer(input.slice());
      readResponse(decodeTtlv(response));
      if (!last) understood += 1;
      renderMessage(input);
      renderHex(input);
      summarizeMessage(input);
    } catch (error) {
      throw failure(count, input, error);
    }
    if (count % 10_000 === 0) onProgress(count);
  }
  return { accepted, understood };
}

function failure(count, input, cause) {
  return new Error(`input ${count} (${Buffer.from(input).toString('hex')}) broke a rule: ${cause}`, { cause });
}
