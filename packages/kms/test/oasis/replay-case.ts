import { decodeTtlv, encodeTtlv, type Item, ResultReason, Tag } from '@vcryptsim/kmip-lite';
import type { Channel, Clock } from '@vcryptsim/ports';
import { Bindings } from './bindings.js';
import { byteStringsIn, compareAnswer, fieldsOf } from './compare-answer.js';
import type { OasisCase, OasisStep } from './oasis-case.js';
import { countedDifferences, isLeftOut } from './unsupported.js';

const HEAD_BYTES = 8;
/** The server's clock follows the sample's time stamps over steps this long; longer ones are not of one recording. */
const STEP_MAX_MS = 240_000;
/** Sent by a server to its client: nothing that a client could send. */
const SERVER_TO_CLIENT = /^(Put|Notify)\b/;

/** How a case went: passed as far as it can be asked, or the first step that differed and how. */
export type CaseOutcome =
  | { readonly passed: true }
  | { readonly passed: false; readonly step: number; readonly brief: string; readonly differences: readonly string[] };

/** Where a case is replayed. */
export interface ReplayOptions {
  readonly channel: Channel;
  readonly clock: Clock;
  /** What stands for "now" in the hex, in seconds since 1970. */
  readonly sampleNow: number;
}

/** When the first answer of a case was given, in milliseconds since 1970. */
export function startOf({ steps }: OasisCase): number {
  const first = steps.find(({ kind }) => kind === 'response');
  return first === undefined ? 0 : stampOf(first);
}

/**
 * Sends a case's requests in order over one connection, up to the first answer that differs from the sample. What the
 * server leaves out must be answered with Operation Not Supported, and ends the case.
 */
export async function replayCase(one: OasisCase, { channel, clock, sampleNow }: ReplayOptions): Promise<CaseOutcome> {
  const bindings = new Bindings(one);
  const sent = new Set<string>();
  const judge = (request: OasisStep, sample: OasisStep, answer: Item): string[] =>
    isLeftOut(request.brief)
      ? compareRefusal(answer)
      : countedDifferences(one.id, compareAnswer(treeOf(sample), answer, bindings, sent));
  for (const [at, request] of one.steps.entries()) {
    const sample = one.steps[at + 1];
    if (request.kind !== 'request' || sample === undefined || SERVER_TO_CLIENT.test(request.brief)) continue;
    const aheadMs = stampOf(sample) - clock.nowMs;
    if (aheadMs > 0 && aheadMs <= STEP_MAX_MS) await clock.after(aheadMs);

    const runNow = Math.floor(clock.nowMs / 1000);
    const filled = bindings.fill(treeOf(request), { sampleNow, runNow, offsets: request.now ?? [] });
    for (const bytes of byteStringsIn(filled)) sent.add(bytes);
    await channel.write(encodeTtlv(filled));
    const answer = await readMessage(channel);
    const differences =
      answer === null ? ['the server ended the connection'] : judge(request, sample, decodeTtlv(answer));
    if (differences.length > 0) return { passed: false, step: at / 2 + 1, brief: request.brief, differences };
    if (isLeftOut(request.brief)) break;
  }
  return { passed: true };
}

function compareRefusal(answer: Item): string[] {
  const [reason] = fieldsOf(answer, Tag.ResultReason);
  const isRefused = reason?.type === 'Enumeration' && reason.value === ResultReason.OperationNotSupported;
  return isRefused ? [] : ['is left out, but not answered with Operation Not Supported'];
}

const treeOf = (step: OasisStep) => decodeTtlv(Uint8Array.from(Buffer.from(step.hex, 'hex')));

function stampOf(response: OasisStep): number {
  const [stamp] = fieldsOf(treeOf(response), Tag.TimeStamp);
  return stamp?.type === 'DateTime' ? Number(stamp.value) * 1000 : 0;
}

/** One message from the wire; null when the peer ended the connection first. */
async function readMessage(channel: Channel): Promise<Uint8Array | null> {
  let bytes = Buffer.alloc(0);
  while (bytes.length < HEAD_BYTES || bytes.length < HEAD_BYTES + bytes.readUInt32BE(4)) {
    const chunk = await channel.read();
    if (chunk === null) return null;
    bytes = Buffer.concat([bytes, chunk]);
  }
  return Uint8Array.from(bytes);
}
