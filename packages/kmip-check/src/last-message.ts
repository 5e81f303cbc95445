import { summarizeMessage } from '@vcryptsim/kmip-lite/text';
import type { TapFrame, TapObserver } from '@vcryptsim/simkit';
import { spelled } from './spelling.js';

/** Notes by name what passed on one connection; of the bytes, in which a key may be, it keeps nothing. */
export class LastMessage implements TapObserver {
  /** Whether TLS came about. */
  connected = false;
  /** The operations of the last request as the specification spells them: `Get`, `Add Attribute, Add Attribute`. */
  request: string | null = null;
  /** How many pieces of answers came. */
  answers = 0;
  /** The last answer, where it refused something: `Operation Failed, Invalid Message, as a whole, under header 1.0`. */
  refusal: string | null = null;

  opened(): void {
    this.connected = true;
  }

  frame({ direction, bytes }: TapFrame): void {
    const summary = summarizeMessage(bytes);
    if (direction === 'to-server') {
      this.request = summary === null ? null : counted(summary.items.map(({ operation }) => spelled(operation)));
      return;
    }
    this.answers += 1;
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
