import type { GuestDisk } from '@vcryptsim/hypervisor';
import { SECTOR_SIZE_BYTES, sectorIndex } from '@vcryptsim/ports';
import { median } from '../bars.js';

/** Which way the requests go. */
export type IoDirection = 'read' | 'write';

/** What one load brought. */
export interface LoadResult {
  /** Requests that are under way at once. */
  readonly depth: number;
  /** MB (10^6 bytes) a second. */
  readonly mbps: number;
  readonly iops: number;
  /** From a request's call to its answer, in microseconds. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** Of all threads of the process. */
  readonly cpuSecondsPerGiB: number;
}

/** Does one request at a place; a promise where it takes time. */
export type Request = (at: number) => unknown;

const [WARM_UP_PART, MEASURED_REQUESTS] = [0.25, 500];
/** Bytes after which enough was seen, whatever the number of requests. */
const ENOUGH_BYTES = 2 ** 28;
/** Most latencies that are kept; more requests than that do not change a percentile. */
const LATENCIES_MAX = 500_000;

/**
 * Makes requests at places drawn at random, `depth` of them under way at once, for a time.
 *
 * @param o.requestBytes they begin at whole multiples of it
 * @param o.warmUpRequests made before, at least: node compiles the way of a request again and again in its first ten thousand
 */
export async function runLoad(
  request: Request,
  o: { requestBytes: number; sizeBytes: number; depth: number; measureMs: number; warmUpRequests: number },
): Promise<LoadResult> {
  const places = o.sizeBytes / o.requestBytes;
  let state = 1;
  const nextPlace = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * places) * o.requestBytes;
  };
  const latencies: number[] = [];
  let done = 0;
  const worker = async (end: number, least: number): Promise<void> => {
    for (let now = performance.now(); now < end || done < least; ) {
      const answer = request(nextPlace());
      // A bare call is over when it returns: awaiting it would measure the microtask queue.
      if (answer instanceof Promise) await answer;
      const after = performance.now();
      if (latencies.length < LATENCIES_MAX) latencies.push((after - now) * 1000);
      done += 1;
      now = after;
    }
  };
  const run = (forMs: number, requests: number): Promise<unknown> => {
    const end = performance.now() + forMs;
    const least = Math.min(requests, ENOUGH_BYTES / o.requestBytes);
    return Promise.all(Array.from({ length: o.depth }, () => worker(end, least)));
  };
  await run(o.measureMs * WARM_UP_PART, o.warmUpRequests);
  latencies.length = 0;
  done = 0;
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  await run(o.measureMs, MEASURED_REQUESTS);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const bytes = done * o.requestBytes;
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    depth: o.depth,
    mbps: bytes / 1e6 / seconds,
    iops: done / seconds,
    p50Us: median(sorted) ?? 0,
    p99Us: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    cpuSecondsPerGiB: ((user + system) / 1e6) * (2 ** 30 / bytes),
  };
}

/** Requests of a guest: through GuestDisk, filter and extent file. Each of the `depth` has a buffer of its own. */
export function guestRequest(disk: GuestDisk, direction: IoDirection, requestBytes: number, depth: number): Request {
  const buffers = Array.from({ length: depth }, () => new Uint8Array(requestBytes).fill(0x5a));
  let turn = 0;
  return (at) => {
    turn = (turn + 1) % depth;
    const buffer = buffers[turn] ?? new Uint8Array(requestBytes);
    const start = sectorIndex(at / SECTOR_SIZE_BYTES);
    return direction === 'read' ? disk.readSectors(start, buffer) : disk.writeSectors(start, buffer);
  };
}
