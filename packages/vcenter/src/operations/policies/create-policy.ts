import { drawUuid } from '@vcryptsim/ports';
import { z } from 'zod';
import type { PolicyId } from '../../database/schema.js';
import { DATASTORE_DEFAULT } from '../../policies/sample-policy.js';
import { VCenterError } from '../../terms/errors.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { type PolicyArguments, policyShape } from './policy-arguments.js';

/**
 * PbmCreate: a storage policy, usually a clone of the sample with other IO filters allowed before the encryption. Answers
 * its ID.
 *
 * @throws VCenterError ALREADY_EXISTS; INVALID_ARGUMENT for a rule of a filter that it does not have; FileError
 */
export const createPolicy = plainOperation<'PbmProfileProfileManager', PolicyArguments, PolicyId>({
  name: 'PbmCreate',
  on: 'PbmProfileProfileManager',
  verb: 'policy.create',
  about: 'Makes a storage policy.',
  source: 'facts/vsphere-rules.md section 7; facts/vsphere-encryption.md sections 3 and 11',
  args: z.strictObject(policyShape),
  needs: [
    onRoot('StorageProfile.Update'),
    {
      ...onRoot('Cryptographer.ManageEncryptionPolicy'),
      when: 'the policy encrypts',
      objects: (context, call) =>
        (call.args as PolicyArguments).encrypts
          ? onRoot('Cryptographer.ManageEncryptionPolicy').objects(context, call)
          : [],
    },
  ],
  run: async ({ database, policies, entropy }, { args }) => {
    if (args.allowCleartextFilters && !args.encrypts) throw filterWithoutEncryption();
    const id = drawUuid(entropy, 'storage policy ID') as PolicyId;
    await database.change((tx) => {
      if (args.name === DATASTORE_DEFAULT || policies.all().some(({ name }) => name === args.name)) {
        const what = `storage policy ${args.name}`;
        throw new VCenterError({ code: 'ALREADY_EXISTS', what }, `There is a ${what} already. Choose another name.`);
      }
      tx.put('policies', id, { id, ...args, generation: 0 });
    });
    return id;
  },
});

/** The property belongs to the encryption filter (facts/vsphere-rules.md section 7). */
export function filterWithoutEncryption(): VCenterError {
  return new VCenterError(
    { code: 'INVALID_ARGUMENT', what: 'allowCleartextFilters' },
    'Only a policy that encrypts can allow IO filters before the encryption. Let it encrypt, or leave that out.',
  );
}
