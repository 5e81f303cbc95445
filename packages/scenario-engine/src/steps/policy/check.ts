import type { ComplianceResult, World } from '@vcryptsim/lab';
import { checkCompliance } from '@vcryptsim/lab/catalogue';
import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { operationStep } from '../operation/operation-step.js';

/** `policy.check`: compares VMs and disks with their storage policies, as they are now (PbmCheckCompliance). */
export const policyCheck = operationStep(checkCompliance, {
  example: 'policy.check: [payroll, web]',
  main: 'vms',
  words: {
    vms: {
      field: 'vms',
      schema: (names) => {
        const name = nameOrRef(names?.vms);
        return z.union([name.transform((one) => [one]), z.array(name).min(1)]);
      },
      uses: (value) => (value as readonly string[]).map(vmNamed),
      resolve: (value, names) => (value as readonly string[]).map((name) => names.vm(name).id),
    },
  },
  facts: (answer, _, world) => (answer as readonly ComplianceResult[]).map((each) => sentenceOf(each, world)),
});

function sentenceOf({ vm, disk, policy, status, violated }: ComplianceResult, world: World): string {
  const name = world.vmAnywhere(vm).vm.name;
  const part = disk === null ? `The VM home of ${name}` : `Disk ${disk} of ${name}`;
  const why =
    violated === undefined ? '' : `: ${violated.expectedValue} is asked for, ${violated.currentValue} is there`;
  return `${part} is ${status} with ${policy ?? 'Datastore Default'}${why}.`;
}
