import { z } from 'zod';
import type { PolicyId } from '../../database/schema.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { filterWithoutEncryption } from './create-policy.js';
import { type PolicyArguments, policyIdArgument, policyShape } from './policy-arguments.js';

/** A policy, and what it is to say. */
export interface UpdatePolicyArguments extends PolicyArguments {
  readonly id: PolicyId;
}

/**
 * PbmUpdate: VMs and disks with the policy stay as they are until it is applied again; a check shows them as
 * `nonCompliant` or `outOfDate`.
 *
 * @throws VCenterError POLICY_NOT_FOUND, INVALID_ARGUMENT; FileError
 */
export const updatePolicy = plainOperation<'PbmProfileProfileManager', UpdatePolicyArguments, void>({
  name: 'PbmUpdate',
  on: 'PbmProfileProfileManager',
  verb: 'policy.update',
  about: 'Changes a storage policy; what has it stays as it is.',
  source: 'facts/vsphere-rules.md section 7; facts/vsphere-encryption.md section 3',
  args: z.strictObject({ ...policyShape, id: policyIdArgument }),
  needs: [
    onRoot('StorageProfile.Update'),
    {
      ...onRoot('Cryptographer.ManageEncryptionPolicy'),
      when: 'the policy encrypts, before or after',
      objects: (context, call) => {
        const { id, encrypts } = call.args as UpdatePolicyArguments;
        const isAbout = encrypts || context.policies.find(id)?.encrypts;
        return isAbout ? onRoot('Cryptographer.ManageEncryptionPolicy').objects(context, call) : [];
      },
    },
  ],
  run: async ({ database, policies }, { args }) => {
    if (args.allowCleartextFilters && !args.encrypts) throw filterWithoutEncryption();
    await database.change((tx) => {
      const generation = (policies.find(args.id)?.generation ?? 0) + 1;
      tx.put('policies', args.id, { ...args, generation });
    });
  },
});
