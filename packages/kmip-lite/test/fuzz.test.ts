import { fileURLToPath } from 'node:url';
import { KmipError, TtlvError } from '@vcryptsim/kmip-lite';
import { renderHex, renderMessage, summarizeMessage } from '@vcryptsim/kmip-lite/text';
import { describe, expect, it } from 'vitest';
import { requestTree } from '../src/message/request-message.js';
import { readResponse } from '../src/message/response-message.js';
import { operationCodecs } from '../src/operations/operation-codecs.js';
import { answerMessage } from '../src/server/answer-message.js';
import type { Fault } from '../src/server/fault.js';
import { Operation } from '../src/spec/enumerations.generated.js';
import { decodeTtlv } from '../src/ttlv/reader.js';
import { encodeTtlv } from '../src/ttlv/writer.js';
import { ManualClock } from './support/manual-clock.js';

interface Fuzzer {
  fuzz(kmip: object, o: { n: number; seed: number }): Promise<{ accepted: number; understood: number }>;
}

const fuzzer: Fuzzer = await import(fileURLToPath(new URL('../scripts/ttlv-fuzzer.mjs', import.meta.url)));

const notFound = async (): Promise<never> => {
  throw new KmipError('ItemNotFound', 'there is no such object');
};
const operations = Object.fromEntries(Object.keys(operationCodecs).map((name) => [name, notFound]));
const clock = new ManualClock();
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
  answer: async (frame: Uint8Array) => {
    let fault: Fault | undefined;
    const onFault = (one: Fault) => {
      fault = one;
    };
    const answer = await answerMessage(frame, 0, { operations, context: {}, clock, onFault });
    if (fault) throw fault.error;
    return answer;
  },
};

describe('fuzzing', () => {
  it('breaks neither reader nor server nor renderers, and reaches deep', async () => {
    const { accepted, understood } = await fuzzer.fuzz(kmip, { n: 6000, seed: 20 });
    expect(accepted).toBeGreaterThan(1500);
    expect(understood).toBeGreaterThan(500);
  });

  it('finds a reader that accepts what it does not write back', async () => {
    const lenient = (input: Uint8Array) => decodeTtlv(input.map((byte, at) => (at % 8 === 7 ? byte & 0xfe : byte)));
    await expect(fuzzer.fuzz({ ...kmip, decodeTtlv: lenient }, { n: 6000, seed: 20 })).rejects.toThrow('broke a rule');
  });
});
