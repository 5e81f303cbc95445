/** Bytes of a disk, from the first to before the last. */
export interface ByteRange {
  readonly startBytes: number;
  readonly endBytes: number;
}

/** A read or write of a range. */
export interface RangeRequest extends ByteRange {
  readonly kind: 'read' | 'write';
}

/** What a request does, and so for which earlier ones it waits. */
export type DiskRequest = RangeRequest | { readonly kind: 'flush' } | { readonly kind: 'alone' };

/**
 * The requests of one disk that a later one waits for:
 *
 * | a later | waits for an earlier |
 * |---|---|
 * | read | write of the same bytes |
 * | write | read or write of the same bytes |
 * | flush | write anywhere, flush |
 * | any | `alone` |
 * | `alone` | any |
 *
 * Those are left out that one of the others waits for: of a thousand writes of one sector each waits for the one before it,
 * not for all.
 *
 * @param earlier those that are not over, newest first
 */
export function waitsOf(later: DiskRequest, earlier: Iterable<DiskRequest>): DiskRequest[] {
  const waits: DiskRequest[] = [];
  let open: readonly ByteRange[] = later.kind === 'read' || later.kind === 'write' ? [later] : [];
  for (const request of earlier) {
    if (request.kind === 'alone') return [...waits, request];
    if (later.kind === 'alone') waits.push(request);
    else if (later.kind === 'flush') {
      if (request.kind === 'flush') return [...waits, request];
      if (request.kind === 'write') waits.push(request);
    } else if (request.kind === 'write' || (request.kind === 'read' && later.kind === 'write')) {
      if (!open.some((range) => overlap(range, request))) continue;
      waits.push(request);
      // An earlier request of the same bytes is one that this write waits for.
      if (request.kind === 'write') open = open.flatMap((range) => without(range, request));
      if (open.length === 0) return waits;
    }
  }
  return waits;
}

function overlap(a: ByteRange, b: ByteRange): boolean {
  return a.startBytes < b.endBytes && b.startBytes < a.endBytes;
}

/** What is left of a range without another. */
function without(range: ByteRange, other: ByteRange): ByteRange[] {
  if (!overlap(range, other)) return [range];
  return [
    { startBytes: range.startBytes, endBytes: other.startBytes },
    { startBytes: other.endBytes, endBytes: range.endBytes },
  ].filter(({ startBytes, endBytes }) => startBytes < endBytes);
}
