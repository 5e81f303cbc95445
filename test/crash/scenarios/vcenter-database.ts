import type { UserName } from '@vcryptsim/vcenter';
import { ROOT_FOLDER, SAMPLE_POLICY } from '@vcryptsim/vcenter';
import { SHIPPED_ROLES } from '../../../packages/vcenter/src/access/shipped-roles.js';
import { VcDatabase } from '../../../packages/vcenter/src/database/vc-database.js';
import { install } from '../../../packages/vcenter/src/installation.js';
import { stepsScenario } from '../support/steps-scenario.js';

const TABLES = ['installation', 'users', 'permissions', 'policies'] as const;
/** Before this step the log is written anew. */
const COMPACTED = 3;
const role = SHIPPED_ROLES.readOnly.id;

/** Changes of vCenter's database, each of three tables, and one rewriting of its log. */
export const vcenterDatabase = stepsScenario({
  name: 'vcenter-database',
  count: 6,
  prepare: (files) => files.mkdir('/vc'),
  open: async (files) => {
    const database = await VcDatabase.open(files, '/vc', (tx) => install(tx, 'vc'));
    return {
      change: async (step) => {
        if (step === COMPACTED) await database.compact();
        await database.change((tx) => {
          const name = `user${step}@vsphere.local` as UserName;
          tx.put('users', name, { name });
          tx.put('permissions', `group-d1 ${name}`, { user: name, entity: ROOT_FOLDER, role, propagate: true });
          tx.put('policies', 'count', { ...SAMPLE_POLICY, generation: tx.next('task') });
        });
      },
      state: async () => JSON.stringify(TABLES.map((name) => [...database.table(name)].sort())),
      close: () => database.close(),
    };
  },
});
