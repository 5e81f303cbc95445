import type { Direction } from '@vcryptsim/crypto-core';
import type { Configuration, MeasuredEngine } from './report.js';

/** What to measure; each list may be cut down. */
export interface XtsScope {
  readonly units: readonly number[];
  readonly requests: readonly number[];
  readonly directions: readonly Direction[];
}

/** The whole grid. */
export const FULL_SCOPE: XtsScope = {
  units: [512, 4096],
  requests: [4096, 65_536, 1_048_576, 67_108_864],
  directions: ['encrypt', 'decrypt'],
};

/** The engine that everything is compared with comes first, so that a round starts with its anchor. */
const INLINE_ENGINES: readonly MeasuredEngine[] = ['openssl', 'naive', 'native', 'native-no-aesni', 'portable'];
const WORKER_COUNTS = [1, 2, 4];
/** Smaller requests never go to the workers. */
const SMALLEST_WORKER_REQUEST = 262_144;

/** All configurations of a scope, in the order in which a round measures them. */
export function configurations(scope: XtsScope, o: { maskableAes: boolean }): Configuration[] {
  const engines = INLINE_ENGINES.filter((engine) => engine !== 'native-no-aesni' || o.maskableAes);
  return scope.units.flatMap((unit) =>
    scope.directions.flatMap((direction) =>
      scope.requests
        .filter((request) => request >= unit)
        .flatMap((request) => [
          ...engines.map((engine) => ({ engine, unit, request, workers: 0, direction })),
          ...(request < SMALLEST_WORKER_REQUEST ? [] : WORKER_COUNTS).map((workers) => {
            return { engine: 'native' as const, unit, request, workers, direction };
          }),
        ]),
    ),
  );
}
