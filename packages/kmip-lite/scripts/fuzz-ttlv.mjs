// Fuzzes the built package: node packages/kmip-lite/scripts/fuzz-ttlv.mjs [--n 200000] [--seed 1]
// Prints last one line of JSON; exit 1 when an input broke a rule or memory grew by more than 64 MiB.
import { parseArgs } from 'node:util';
import { KmipError, Operation, TtlvError } from '../dist/index.js';
import { requestTree } from '../dist/message/request-message.js';
import { readResponse } from '../dist/message/response-message.js';
import { operationCodecs } from '../dist/operations/operation-codecs.js';
import { answerMessage } from '../dist/server/answer-message.js';
import { renderHex, renderMessage, summarizeMessage } from '../dist/text.js';
import { decodeTtlv } from '../dist/ttlv/reader.js';
import { encodeTtlv } from '../dist/ttlv/writer.js';
import { fuzz } from './ttlv-fuzzer.mjs';

// Most inputs end in an error on purpose; their stacks would cost more than everything else.
Error.stackTraceLimit = 0;

const growthLimitMiB = 64;
const warmUp = 10_000;

const { values } = parseArgs({
  options: { n: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' } },
});
const n = Number(values.n);
const seed = Number(values.seed);
if (!Number.isSafeInteger(n) || n < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('--n wants a number of inputs from 1 on, --seed a whole number: --n 10000000 --seed 7\n');
  process.exit(2);
}

const notFound = async () => {
  throw new KmipError('ItemNotFound', 'there is no such object');
};
const operations = Object.fromEntries(Object.keys(operationCodecs).map((name) => [name, notFound]));
const kmip = {
  decodeTtlv,
  encodeTtlv,
  requestTree,
  readResponse,
  operationCodecs,
  Operation,
  TtlvError,
  renderMessage,
  renderHex,
  summarizeMessage,
  answer: async (frame) => {
    const faults = [];
    const answer = await answerMessage(frame, 0, { operations, context: {}, onFault: (one) => faults.push(one) });
    for (const { error } of faults) throw error;
    return answer;
  },
};

const rssMiB = () => process.memoryUsage().rss / 2 ** 20;
await fuzz(kmip, { n: warmUp, seed: seed + 1 });
const before = rssMiB();
let grownMiB = 0;
const onProgress = (count) => {
  grownMiB = Math.max(grownMiB, rssMiB() - before);
  if (process.stderr.isTTY) process.stderr.write(`\r${count} of ${n}`);
};
try {
  const { accepted, understood } = await fuzz(kmip, { n, seed, onProgress });
  onProgress(n);
  const passed = grownMiB < growthLimitMiB;
  if (process.stderr.isTTY) process.stderr.write('\n');
  process.stdout.write(
    `${JSON.stringify({ n, seed, accepted, understood, grownMiB: Math.round(grownMiB), passed })}\n`,
  );
  if (!passed) process.exitCode = 1;
} catch (error) {
  process.stdout.write(`${JSON.stringify({ n, seed, passed: false, error: String(error.message) })}\n`);
  process.exitCode = 1;
}
