import { z } from 'zod';
import type { PolicyId } from '../../database/schema.js';
import { VCenterError } from '../../terms/errors.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { policyIdArgument } from './policy-arguments.js';

/** PbmDelete. @throws VCenterError POLICY_NOT_FOUND; RESOURCE_IN_USE while a VM or disk has it; FileError */
export const deletePolicy = plainOperation<'PbmProfileProfileManager', { readonly id: PolicyId }, void>({
  name: 'PbmDelete',
  on: 'PbmProfileProfileManager',
  verb: 'policy.delete',
  about: 'Removes a storage policy that nothing has.',
  source: 'facts/vim-api.md section 4; facts/vsphere-encryption.md section 3',
  args: z.strictObject({ id: policyIdArgument }),
  needs: [
    onRoot('StorageProfile.Update'),
    {
      ...onRoot('Cryptographer.ManageEncryptionPolicy'),
      when: 'the policy encrypts',
      objects: (context, call) => {
        const isAbout = context.policies.find((call.args as { readonly id: PolicyId }).id)?.encrypts;
        return isAbout ? onRoot('Cryptographer.ManageEncryptionPolicy').objects(context, call) : [];
      },
    },
  ],
  run: async ({ database, inventory, policies }, { args }) => {
    const policy = policies.find(args.id);
    const uses = policy ? inventory.usesOf(policy.id) : 0;
    if (policy && uses > 0) {
      throw new VCenterError(
        { code: 'RESOURCE_IN_USE', what: `storage policy ${policy.name}` },
        `Storage policy ${policy.name} is in use by ${uses} VM homes and disks. Give these another policy first.`,
      );
    }
    await database.change((tx) => tx.drop('policies', args.id));
  },
});
