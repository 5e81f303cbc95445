import { type KmipExchange, type LabNames, Operation, oneOf, ResultReason } from '@vcryptsim/lab';
import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';
import { listed } from './words.js';

/** `result: any`: what vCenter tolerates, such as an Add Attribute that the key server does not know. */
const ANY = 'any';

const OPERATIONS = Object.keys(Operation);
const RESULTS = ['Success', ANY, 'none', ...Object.keys(ResultReason)];

interface Wanted {
  readonly op: string;
  readonly by: string;
  readonly to?: string | undefined;
  readonly result: string;
}

const wantedSchema = (names: LabNames | undefined): z.ZodType<Wanted> =>
  z.strictObject({
    op: oneOfSpelt(OPERATIONS),
    by: oneOf(['vcenter']).default('vcenter'),
    to: oneOf(names?.nodes).optional(),
    result: oneOfSpelt(RESULTS).default('Success'),
  });

/** One of KMIP's names, in any of its spellings. */
function oneOfSpelt(names: readonly string[]): z.ZodType<string> {
  const spelt = (text: unknown) =>
    names.find((name) => typeof text === 'string' && plain(name) === plain(text)) ?? text;
  return z.preprocess(spelt, oneOf(names));
}

/** `kmip`: operations that were on the wire during this step, in this order, others between them; `[]` means none. */
export const kmip = expectationKind({
  word: 'kmip',
  about: 'These KMIP operations were on the wire during the step, in this order; an empty list: none at all.',
  example: 'kmip: [{ op: Create }, { op: Get, to: kms-1 }]',
  value: (names) => z.array(wantedSchema(names)),
  check: (wanted, { observed }) => {
    const exchanges = observed.exchanges();
    const left = [...wanted];
    for (const exchange of exchanges) if (left[0] !== undefined && fits(exchange, left[0])) left.shift();
    return {
      met: wanted.length === 0 ? exchanges.length === 0 : left.length === 0,
      wanted: listed(wanted.map(({ op, by, to, result }) => `${op} by ${by}${to ? ` to ${to}` : ''}: ${result}`)),
      found: listed(exchanges.map(({ operation, client, result }) => `${operation} by ${client}: ${result ?? 'none'}`)),
    };
  },
});

// Spaces and case differ between KMIP's texts ("Discover Versions", "DiscoverVersions"); they say the same.
const plain = (text: string) => text.toLowerCase().replaceAll(/[ _-]/g, '');

function fits(exchange: KmipExchange, wanted: Wanted): boolean {
  return (
    plain(exchange.operation) === plain(wanted.op) &&
    exchange.client === wanted.by &&
    (wanted.to === undefined || exchange.server === wanted.to) &&
    (wanted.result === ANY || plain(exchange.result ?? 'none') === plain(wanted.result))
  );
}
