import { EVENT_TYPES, type LabNames, oneOf } from '@vcryptsim/lab';
import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';
import { listed } from './words.js';

/** `event`: an actor said this during the step: its type, and who if `source` is given. */
export const event = expectationKind({
  word: 'event',
  about: 'An event of this type was emitted during the step, for example { type: VM_LOCKED, source: esx-1 }.',
  example: 'event: { type: VM_LOCKED, source: esx-1 }',
  value: (names) =>
    z.union([
      oneOf(EVENT_TYPES).transform((type) => ({ type, source: undefined })),
      z.strictObject({ type: oneOf(EVENT_TYPES), source: oneOf(names && actorsOf(names)).optional() }),
    ]),
  check: ({ type, source }, { observed }) => {
    const seen = observed.events().map(({ event: each, source: from }) => ({ type: typeOf(each), from }));
    return {
      met: seen.some((each) => each.type === type && (source === undefined || each.from === source)),
      wanted: source === undefined ? type : `${type} of ${source}`,
      found: listed([...new Set(seen.map((each) => `${each.type} of ${each.from}`))]),
    };
  },
});

/** Who emits events: the actors of the lab, the key servers' common store, and the run itself. */
function actorsOf({ hosts, nodes }: LabNames): string[] {
  return ['vcenter', ...hosts, 'kms', ...nodes, 'run'];
}

function typeOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'type' in value ? String(value.type) : '';
}
