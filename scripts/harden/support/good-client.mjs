// The process of a good client beside the fuzzers: asks all the time, notes how long each answer takes and each cut.
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from './wire.mjs';

const { attribute, decodeTtlv, encodeTtlv, KMIP_1_1, Operation, Tag, textAttribute, textOf } = await import(
  new URL('../../../packages/kmip-lite/dist/index.js', import.meta.url).href
);
const { requestTree } = await import(
  new URL('../../../packages/kmip-lite/dist/message/request-message.js', import.meta.url).href
);
const { operationCodec } = await import(
  new URL('../../../packages/kmip-lite/dist/operations/operation-codecs.js', import.meta.url).href
);

const PAUSE_MS = 10;
/** One request in so many is a change, which is durable before it is answered. Its key stays one: quotas count. */
const CHANGE_EVERY = 50;

const requestOf = (operation, payload) =>
  encodeTtlv(
    requestTree({
      header: { version: KMIP_1_1 },
      items: [{ operation: Operation[operation], payload: operationCodec(operation).request.encode(payload) }],
    }),
  );
const aes = {
  objectType: 'SymmetricKey',
  templateAttribute: {
    attributes: [
      attribute('Cryptographic Algorithm', 'AES'),
      attribute('Cryptographic Length', 256),
      attribute('Cryptographic Usage Mask', 12),
    ],
  },
};

function identifierIn(answer) {
  const left = [decodeTtlv(new Uint8Array(answer))];
  for (let one = left.pop(); one; one = left.pop()) {
    if (one.tag === Tag.UniqueIdentifier) return textOf(one.utf8);
    if (one.type === 'Structure') left.push(...one.items);
  }
  return null;
}

process.once('message', async ({ address, identity }) => {
  const tookMs = [];
  let cut = 0;
  let wrong = 0;
  let isOver = false;
  process.once('message', () => {
    isOver = true;
  });
  let wire = await connect(address, identity);
  const id = identifierIn(await wire.ask(requestOf('Create', aes)));
  const get = requestOf('Get', { uniqueIdentifier: id });
  const turn = (name, round) =>
    requestOf(name, { uniqueIdentifier: id, attribute: textAttribute('x-Turn', `${round}`) });
  await wire.ask(turn('AddAttribute', -1));
  process.send({ ready: true });
  for (let round = 0; !isOver; round++) {
    const request = round % CHANGE_EVERY === 0 ? turn('ModifyAttribute', round) : get;
    const fromMs = performance.now();
    const answer = await wire.ask(request);
    tookMs.push(performance.now() - fromMs);
    if (answer === null || answer === 'late') {
      cut += 1;
      wire.end();
      wire = await connect(address, identity).catch(() => wire);
    } else if (identifierIn(answer) === null) wrong += 1;
    await pause(PAUSE_MS);
  }
  wire.end();
  tookMs.sort((a, b) => a - b);
  const p99Ms = tookMs[Math.floor(tookMs.length * 0.99)] ?? 0;
  process.send({ answer: { asked: tookMs.length, p99Ms, mostMs: tookMs.at(-1) ?? 0, cut, wrong } }, () =>
    process.exit(),
  );
});
