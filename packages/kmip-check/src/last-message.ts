import { summarizeMessage } from '@vcryptsim/kmip-lite/text';
import type { Clock } from '@vcryptsim/ports';
import type { TapFrame, TapObserver } from '@vcryptsim/simkit';
import { spelled } from './spelling.js';

/** What answers on a port. */
export type Language = 'KMIP' | 'HTTP' | 'SSH' | 'unknown';

/** Notes by name what passed on one connection; of the bytes, in which a key may be, it keeps nothing. */
export class LastMessage implements TapObserver {
  /** Whether TLS came about. */
  connected = false;
  /** The operations of the last request as the specification spells them: `Get`, `Add Attribute, Add Attribute`. */
  request: string | null = null;
  /** How many pieces of answers came. */
  answers = 0;
  /** What the first of them is, as far as its first bytes tell. */
  language: Language | null = null;
  /** Versions in the headers of answers: `1.1`. */
  readonly versions = new Set<string>();
  /** How long each answer took to begin. */
  readonly latencies: { readonly request: string; readonly tookMs: number }[] = [];
  #askedMs: number | null = null;

  constructor(private readonly clock: Pick<Clock, 'nowMs'>) {}
  /** The last answer, where it refused something: `Operation Failed, Invalid Message, as a whole, under header 1.0`. */
  refusal: string | null = null;

  opened(): void {
    this.connected = true;
  }

  frame({ direction, bytes }: TapFrame): void {
    const summary = summarizeMessage(bytes);
    if (direction === 'to-server') {
      this.#askedMs = this.clock.nowMs;
      this.request = summary === null ? null : counted(summary.items.map(({ operation }) => spelled(operation)));
      return;
    }
    this.answers += 1;
    if (this.#askedMs !== null && this.request !== null) {
      this.latencies.push({ request: this.request, tookMs: this.clock.nowMs - this.#askedMs });
    }
    this.#askedMs = null;
    this.language ??= languageOf(bytes);
    if (summary !== null) this.versions.add(summary.version);
    const failed = summary?.items.find(({ status }) => status !== 'Success');
    if (!summary || !failed) return;
    const whole = failed.operation === '' ? ', for the message as a whole' : '';
    const header = summary.version === '1.1' ? '' : `, under header ${summary.version}`;
    this.refusal = `${spelled(failed.reason ?? failed.status ?? '')}${whole}${header}`;
  }
}

function counted(operations: readonly string[]): string {
  const [first = 'nothing'] = operations;
  const isOneKind = operations.length > 1 && operations.every((operation) => operation === first);
  return isOneKind ? `batch of ${operations.length} ${first}` : operations.join(', ');
}

/** Every message of KMIP begins with a tag of its own prefix. */
const KMIP_PREFIX = 0x42;

function languageOf(bytes: Uint8Array): Language {
  if (bytes[0] === KMIP_PREFIX) return 'KMIP';
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 8));
  if (/^HTTP\/|^<(?:!DOC|html)/i.test(start)) return 'HTTP';
  return start.startsWith('SSH-') ? 'SSH' : 'unknown';
}
