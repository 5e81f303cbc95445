import type { PolicyRecord } from '../database/schema.js';
import type { VcDatabase } from '../database/vc-database.js';
import { VCenterError } from '../terms/errors.js';
import { DATASTORE_DEFAULT } from './sample-policy.js';

/** The storage policies of a vCenter. */
export class StoragePolicies {
  readonly #database: VcDatabase;

  constructor(database: VcDatabase) {
    this.#database = database;
  }

  all(): readonly PolicyRecord[] {
    return [...this.#database.table('policies').values()];
  }

  /**
   * The policy of this name or ID.
   *
   * @returns null for {@link DATASTORE_DEFAULT} and where none is named
   * @throws VCenterError POLICY_NOT_FOUND
   */
  find(nameOrId: string | undefined): PolicyRecord | null {
    if (nameOrId === undefined || nameOrId === DATASTORE_DEFAULT) return null;
    const byId = this.#database.table('policies').get(nameOrId);
    const policy = byId ?? this.all().find(({ name }) => name === nameOrId);
    if (policy) return policy;
    const known = [DATASTORE_DEFAULT, ...this.all().map(({ name }) => name)].join(', ');
    throw new VCenterError(
      { code: 'POLICY_NOT_FOUND', policy: nameOrId },
      `There is no storage policy "${nameOrId}". There are: ${known}.`,
    );
  }
}
