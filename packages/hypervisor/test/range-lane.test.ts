import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeLane } from '../src/disk/range-lane.js';
import { type DiskRequest, waitsOf } from '../src/disk/range-waits.js';
import { afterTurns } from './support/turns.js';

const UNIT = 8;
const UNITS = 6;

type Kind = 'read' | 'write' | 'flush' | 'alone';
interface Asked {
  readonly kind: Kind;
  readonly startBytes: number;
  readonly endBytes: number;
  readonly turns: number;
  readonly fails: boolean;
}

const asked: fc.Arbitrary<Asked> = fc
  .record({
    kind: fc.constantFrom<Kind>('read', 'read', 'write', 'write', 'write', 'flush', 'alone'),
    startBytes: fc.nat(UNIT * UNITS - 1),
    length: fc.integer({ min: 1, max: 20 }),
    turns: fc.nat(4),
    fails: fc.boolean(),
  })
  .map(({ length, ...rest }) => ({ ...rest, endBytes: Math.min(rest.startBytes + length, UNIT * UNITS) }));

/** Whether two requests may not run at the same time, told unit by unit. */
function clash(a: Asked, b: Asked): boolean {
  const kinds = [a.kind, b.kind];
  if (kinds.includes('alone')) return true;
  if (kinds.includes('flush') || !kinds.includes('write')) return false;
  const units = ({ startBytes, endBytes }: Asked): number[] =>
    Array.from({ length: UNITS }, (_, unit) => unit).filter(
      (unit) => startBytes < (unit + 1) * UNIT && unit * UNIT < endBytes,
    );
  return units(a).some((unit) => units(b).includes(unit));
}

function run(lane: RangeLane, request: Asked, work: () => Promise<void>): Promise<void> {
  if (request.kind === 'read' || request.kind === 'write') return lane[request.kind](request, work);
  return lane[request.kind](work);
}

describe('RangeLane', () => {
  it('runs what clashes in order, never at once, and everything in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { maxLength: 30 }), async (requests) => {
        const lane = new RangeLane(UNIT);
        const begun: number[] = [];
        const ended = new Set<number>();
        const results = requests.map((request, at) =>
          run(lane, request, async () => {
            begun.push(at);
            for (const [earlier, other] of requests.slice(0, at).entries()) {
              const mustBeOver = clash(request, other) || (request.kind === 'flush' && other.kind !== 'read');
              if (mustBeOver) expect(ended.has(earlier), `${earlier} is over when ${at} begins`).toBe(true);
            }
            await afterTurns(request.turns);
            ended.add(at);
            if (request.fails) throw new Error(`request ${at}`);
          }),
        );
        const ends = await Promise.allSettled(results);
        expect(begun.toSorted((a, b) => a - b)).toEqual(requests.map((_, at) => at));
        for (const [at, end] of ends.entries()) {
          expect(end.status).toBe(requests[at]?.fails ? 'rejected' : 'fulfilled');
          if (end.status === 'rejected') expect(end.reason).toMatchObject({ message: `request ${at}` });
        }
      }),
      { numRuns: 200 },
    );
  });

  it('begins at once what waits for nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { maxLength: 12 }), async (requests) => {
        const lane = new RangeLane(UNIT);
        const begun = new Set<number>();
        const never = new Promise<void>(() => {});
        for (const [at, request] of requests.entries()) {
          void run(lane, request, () => {
            begun.add(at);
            return never;
          });
        }
        await afterTurns(3);
        const free = requests.flatMap((request, at) => {
          const before = requests.slice(0, at);
          const waits = before.some(
            (other) => clash(request, other) || (request.kind === 'flush' && other.kind !== 'read'),
          );
          return waits ? [] : [at];
        });
        expect([...begun]).toEqual(free);
      }),
      { numRuns: 200 },
    );
  });

  it('answers what the work answers', async () => {
    const lane = new RangeLane(512);
    expect(await lane.read({ startBytes: 0, endBytes: 1 }, async () => 7)).toBe(7);
  });
});

describe('waitsOf', () => {
  const at = (kind: 'read' | 'write', startBytes: number, endBytes: number): DiskRequest => ({
    kind,
    startBytes,
    endBytes,
  });

  it('leaves out what others wait for: many writes of one place wait for one each', () => {
    const pending: DiskRequest[] = [];
    for (let count = 0; count < 100; count += 1) {
      const next = at('write', 0, 8);
      expect(waitsOf(next, pending)).toEqual(pending.slice(0, 1));
      pending.unshift(next);
    }
    const [flush, older] = [{ kind: 'flush' as const }, { kind: 'alone' as const }];
    expect(waitsOf(flush, [flush, ...pending])).toEqual([flush]);
    expect(waitsOf(at('read', 0, 1), [older, ...pending])).toEqual([older]);
  });

  it('goes on behind a write that has a part of the place only', () => {
    const [left, whole, right] = [at('write', 0, 4), at('write', 0, 12), at('write', 8, 12)];
    expect(waitsOf(at('read', 0, 12), [left, right, whole])).toEqual([left, right, whole]);
    expect(waitsOf(at('read', 0, 4), [left, right, whole])).toEqual([left]);
    // Reads do not stand for what is before them: none of them waits for another.
    expect(waitsOf(at('write', 0, 4), [at('read', 0, 4), at('read', 2, 6), left])).toHaveLength(3);
  });
});
