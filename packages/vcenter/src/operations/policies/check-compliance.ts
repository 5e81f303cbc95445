import type { MoRef } from '@vcryptsim/ports';
import { z } from 'zod';
import type { VmRecord } from '../../database/schema.js';
import { type ComplianceResult, complianceOf } from '../../policies/compliance.js';
import { VCenterError } from '../../terms/errors.js';
import { refArgument } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import type { OperationContext } from '../operation-context.js';

/** Which VMs to check. */
export interface CheckComplianceArguments {
  readonly vms: readonly MoRef<'VirtualMachine'>[];
}

/**
 * PbmCheckCompliance: looks at each VM now, and compares its home and disks with their policies.
 *
 * @throws VCenterError OBJECT_NOT_FOUND; FileError
 */
export const checkCompliance = plainOperation<
  'PbmComplianceManager',
  CheckComplianceArguments,
  readonly ComplianceResult[]
>({
  name: 'PbmCheckCompliance',
  on: 'PbmComplianceManager',
  verb: 'policy.check',
  about: 'Compares VMs and disks with their storage policies, as they are now.',
  source: 'facts/vsphere-rules.md section 7',
  args: z.strictObject({ vms: z.array(refArgument('VirtualMachine')) }),
  needs: [onRoot('StorageProfile.View')],
  run: async (context, { args }) => {
    const results: ComplianceResult[] = [];
    for (const id of args.vms) results.push(...(await check(context, context.inventory.vm(id))));
    return results;
  },
});

async function check(context: OperationContext, { id, uuid, host }: VmRecord): Promise<readonly ComplianceResult[]> {
  const { hosts, inventory, database, watch } = context;
  let isSeen = true;
  try {
    await watch.look(await hosts.reach(host), uuid);
  } catch (error) {
    if (!(error instanceof VCenterError) || error.code !== 'HOST_NOT_CONNECTED') throw error;
    isSeen = false;
  }
  const vm = inventory.vm(id);
  const policies = database.table('policies');
  return complianceOf(vm, isSeen && vm.connectionState !== 'inaccessible', (policy) => policies.get(policy));
}
