import type { SpokenOperation } from '@vcryptsim/kmip-lite';
import type { OperationTable } from '@vcryptsim/kmip-lite/server';
import type { OperationContext } from '../operations/operation-context.js';
import { operationTable } from '../operations/operation-table.js';
import { queryOf } from '../operations/query.js';
import { asKmipError } from '../result-reason.js';
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

/**
 * What a follower serves: reads as everywhere, and for each change a refusal that names the leader. Query tells the
 * reads only.
 *
 * @param leader name of the node that takes changes, null while it is not known
 */
export function followerOperations(leader: () => string | null): OperationTable<OperationContext> {
  const served = operationTable();
  const reads: OperationTable<OperationContext> = {
    ...Object.fromEntries(READS.map((name) => [name, served[name]])),
    Query: queryOf(() => reads),
  };
  const refuse = async (): Promise<never> => {
    throw asKmipError(notLeader(leader()));
  };
  return { ...Object.fromEntries(Object.keys(served).map((name) => [name, refuse])), ...reads };
}
