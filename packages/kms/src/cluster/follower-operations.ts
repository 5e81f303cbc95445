import type { SpokenOperation } from '@vcryptsim/kmip-lite';
import type { OperationTable } from '@vcryptsim/kmip-lite/server';
import type { OperationContext } from '../operations/operation-context.js';
import { operationTable } from '../operations/operation-table.js';
import { queryOf } from '../operations/query.js';
import { asKmipError } from '../operations/result-reason.js';
import { KmsError } from '../terms/errors.js';
import { notLeader } from './not-leader.js';

/** What changes nothing that is kept. Get does not either, here: Fresh stays as the leader has it. */
const READS = [
  'Get',
  'GetAttributes',
  'GetAttributeList',
  'Locate',
  'Check',
  'ObtainLease',
  'Poll',
  'Cancel',
  'DiscoverVersions',
] as const satisfies readonly SpokenOperation[];

/** What tells nothing of any object, so its answer is never too old. */
const AGELESS: ReadonlySet<string> = new Set<SpokenOperation>(['DiscoverVersions', 'Query', 'Cancel']);

/** How a follower stands, as its operations need to know it. */
export interface FollowerState {
  /** Name of the node that takes changes, null while it is not known. */
  readonly leader: string | null;
  readonly maxLagMs: number | null;
  /** Whether the copy is older than it may be. */
  readonly isTooOld: boolean;
}

/**
 * What a follower serves: reads as everywhere, and for each change a refusal that names the leader. Query tells the
 * reads only. While the copy is older than it may be, reads are refused too.
 */
export function followerOperations(state: () => FollowerState): OperationTable<OperationContext> {
  const served = operationTable();
  const unlessTooOld = (handler: AnyHandler): AnyHandler => {
    return async (request, call) => {
      const now = state();
      if (now.isTooOld) throw asKmipError(copyTooOld(now));
      return handler(request, call);
    };
  };
  const handlerOf = (name: (typeof READS)[number]): AnyHandler => {
    const handler = served[name] as AnyHandler;
    return AGELESS.has(name) ? handler : unlessTooOld(handler);
  };
  const reads: OperationTable<OperationContext> = {
    ...Object.fromEntries(READS.map((name) => [name, handlerOf(name)])),
    Query: queryOf(() => reads),
  };
  const refuse = async (): Promise<never> => {
    throw asKmipError(notLeader(state().leader));
  };
  return { ...Object.fromEntries(Object.keys(served).map((name) => [name, refuse])), ...reads };
}

type AnyHandler = (request: never, call: never) => Promise<unknown>;

function copyTooOld({ leader, maxLagMs }: FollowerState): KmsError {
  const seconds = (maxLagMs ?? 0) / 1000;
  return new KmsError(
    'COPY_TOO_OLD',
    `The copy that this node has of ${leader ?? 'its leader'} is older than the ${seconds} s that it may be.`,
    'See with `vcryptsim kms status` why the leader cannot be followed.',
  );
}
