import { type Channel, type Clock, ClockError, NetworkError } from '@vcryptsim/ports';
import { TtlvError } from '../errors.js';
import { defaultLimits } from '../limits.js';
import { Tag } from '../spec/tags.generated.js';
import { FrameReader } from '../ttlv/frame-reader.js';
import { type Answer, answerMessage, refuseMessage } from './answer-message.js';
import { report } from './fault.js';
import type { ServeOptions } from './serve-options.js';

/**
 * Serves requests on one connection, in order and one at a time, until the client ends it, a time limit passes, or a
 * message is so broken that nothing behind it can be trusted (that one is still answered: Invalid Message). Each answer
 * leaves in one write; then both frames are zeroed.
 *
 * This is a connection's border: it resolves whatever happens. An error that nobody expected ends this connection only,
 * and is reported to `onFault`.
 */
export async function serveChannel<Context>(channel: Channel, options: ServeOptions<Context>): Promise<void> {
  const frames = new FrameReader(channel, Tag.RequestMessage, options.limits ?? defaultLimits);
  const within = <T>(limitMs: number, work: Promise<T>): Promise<T> =>
    options.clock.within(limitMs, work, () => void channel.abort().catch(() => {}));
  const messageTimeoutMs = options.messageTimeoutMs ?? 10_000;
  const slowestBytesPerMs = (options.slowestBytesPerSecond ?? 1024) / 1000;
  const life = new AbortController();
  watch(channel, options.clock, life);
  // How far the client is behind the slowest pace.
  let behindMs = 0;
  try {
    let quietMs = options.firstRequestTimeoutMs ?? 10_000;
    while (await within(quietMs, frames.started())) {
      quietMs = options.idleTimeoutMs ?? 300_000;
      const fromMs = options.clock.nowMs;
      const { frame, broken } = await nextFrame(within(messageTimeoutMs - behindMs, frames.next()));
      const tookMs = Math.max(0, options.clock.nowMs - fromMs);
      behindMs = Math.min(messageTimeoutMs, Math.max(0, behindMs + tookMs - frame.length / slowestBytesPerMs));
      if (broken?.code === 'TRUNCATED') break;
      const goesOn = await answerFrame(frame, broken, options, life.signal, (response) =>
        within(options.writeTimeoutMs ?? 10_000, channel.write(response)),
      );
      if (!goesOn) break;
    }
    await channel.close();
  } catch (error) {
    await channel.abort().catch(() => {});
    if (!isEndOfConnection(error)) report(options.onFault, { error });
  } finally {
    life.abort(OVER);
    frames.dispose();
  }
}

/** A reason of our own: the default one is an exception with a stack, for every connection. */
const OVER = 'the connection is over';

/** How long work goes on for a client that sends no more: it may wait for its answer still, or be gone. */
const HALF_CLOSED_MS = 500;

/** Fires `life` when the client is gone, or has sent its end and may be gone. */
function watch(channel: Channel, clock: Clock, life: AbortController): void {
  channel.onEnd?.((ending) => {
    if (ending !== 'EOF') return life.abort(OVER);
    clock.after(HALF_CLOSED_MS, life.signal).then(
      () => life.abort(OVER),
      () => {},
    );
  });
}

/** A message, or what is wrong with its framing. */
async function nextFrame(next: Promise<Uint8Array>): Promise<{ frame: Uint8Array; broken?: TtlvError }> {
  try {
    return { frame: await next };
  } catch (error) {
    if (error instanceof TtlvError) return { frame: new Uint8Array(0), broken: error };
    throw error;
  }
}

/** Answers one message, records the exchange and sends the answer; false when the connection must end. */
async function answerFrame<Context>(
  frame: Uint8Array,
  broken: TtlvError | undefined,
  options: ServeOptions<Context>,
  signal: AbortSignal,
  send: (response: Uint8Array) => Promise<void>,
): Promise<boolean> {
  const receivedAtMs = options.nowMs?.() ?? options.clock.nowMs;
  try {
    const answer =
      broken === undefined
        ? await answerMessage(frame, receivedAtMs, options, signal)
        : refuseMessage(broken, receivedAtMs);
    try {
      if (!(await isRecorded(answer, frame, receivedAtMs, options))) return false;
      await send(answer.response);
      return !answer.last;
    } finally {
      answer.response.fill(0);
    }
  } finally {
    frame.fill(0);
  }
}

/** Hands the exchange to the audit; false when that did not succeed, and then the answer must not leave. */
async function isRecorded<Context>(
  answer: Answer,
  request: Uint8Array,
  receivedAtMs: number,
  { context, onExchange, onFault }: ServeOptions<Context>,
): Promise<boolean> {
  const { items, version, username, response } = answer;
  try {
    await onExchange?.({ context, receivedAtMs, version, username, items, request, response });
    return true;
  } catch (error) {
    report(onFault, { error });
    return false;
  }
}

function isEndOfConnection(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ClockError && error.code === 'TIMED_OUT');
}
