import { tagName } from '../message/tag-names.js';
import { paddedBytes } from '../ttlv/reader.js';
import { hexOf } from './describe-value.js';
import { walkTtlv } from './walk-ttlv.js';

/** A run of a message's bytes that belongs together. */
export interface HexSpan {
  readonly part: 'head' | 'value' | 'padding' | 'unreadable';
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** Two digits a byte; `··` for each byte that is redacted. */
  readonly hex: string;
  /** What it belongs to, for people: `UniqueIdentifier TextString`. */
  readonly label: string;
  readonly depth: number;
}

/** The message's bytes in spans, in order and without gaps; redacted as the readable tree is. */
export function renderHex(bytes: Uint8Array): HexSpan[] {
  const spans: HexSpan[] = [];
  for (const one of walkTtlv(bytes)) {
    const { depth } = one;
    const span = (part: HexSpan['part'], from: number, to: number, label: string, redacted = false): void => {
      if (from === to) return;
      const hex = redacted ? '··'.repeat(to - from) : hexOf(bytes.subarray(from, to));
      spans.push({ part, offsetBytes: from, lengthBytes: to - from, hex, label, depth });
    };
    if ('unreadable' in one) {
      const { head, offsetBytes } = one;
      const restAt = head === null ? offsetBytes : offsetBytes + 8;
      if (head !== null) span('head', offsetBytes, restAt, `${tagName(head.tag)} ${head.type}`);
      span('unreadable', restAt, bytes.length, 'unreadable', true);
      continue;
    }
    const label = `${tagName(one.tag)} ${one.type}`;
    const valueAt = one.offsetBytes + 8;
    span('head', one.offsetBytes, valueAt, label);
    if (one.type === 'Structure') continue;
    span('value', valueAt, valueAt + one.lengthBytes, label, one.redacted);
    // Padding should be zero; where it is not, it may hold anything.
    const paddingEnd = Math.min(valueAt + paddedBytes(one.lengthBytes), bytes.length);
    span('padding', valueAt + one.lengthBytes, paddingEnd, label, one.redacted);
  }
  return spans;
}
