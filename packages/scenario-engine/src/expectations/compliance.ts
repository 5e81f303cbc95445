import { ADMINISTRATOR, type ComplianceResult, type ComplianceStatus, type World } from '@vcryptsim/lab';
import { checkCompliance } from '@vcryptsim/lab/catalogue';
import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';
import { listed } from './words.js';

const STATUSES = [
  'compliant',
  'nonCompliant',
  'notApplicable',
  'unknown',
  'outOfDate',
] as const satisfies readonly ComplianceStatus[];
const status = z.enum(STATUSES);

/** `vm.NAME.compliance`: what a check finds now of the VM home and each disk; one word where all are the same. */
export const vmCompliance = expectationKind({
  word: 'vm.NAME.compliance',
  about: `What a check of the VM's storage policies finds now: home and disks, or one word for all: ${STATUSES.join(', ')}.`,
  example: 'vm.payroll.compliance: { home: compliant, disks: [compliant] }',
  subject: 'vms',
  value: () => z.union([status, z.strictObject({ home: status.optional(), disks: z.array(status).optional() })]),
  check: async (wanted, { world }, name) => {
    const results = await resultsOf(world, [name]);
    const home = results.find(({ disk }) => disk === null)?.status;
    const disks = results.flatMap((each) => (each.disk === null ? [] : each.status));
    const met =
      typeof wanted === 'string'
        ? results.every((each) => each.status === wanted)
        : (wanted.home ?? home) === home && (wanted.disks ?? disks).join() === disks.join();
    const asked = typeof wanted === 'string' ? wanted : `${wanted.home ?? ''} ${listed(wanted.disks ?? [])}`.trim();
    return { met, wanted: `${name} ${asked}`, found: `home ${home}; disks ${listed(disks)}` };
  },
});

/** `policy.NAME.compliance`: what a check finds now of every VM home and disk that has the policy, VM by VM. */
export const policyCompliance = expectationKind({
  word: 'policy.NAME.compliance',
  about: `What a check finds now of all VM homes and disks that have the policy: one word for all, or VM by VM: ${STATUSES.join(', ')}.`,
  example: 'policy.VM Encryption Policy.compliance: { payroll: compliant, web: nonCompliant }',
  subject: 'policies',
  value: () => z.union([status, z.record(z.string(), status)]),
  check: async (wanted, { world }, name) => {
    const { id } = world.names.policy(name);
    const having = world.vcenter.vms().filter((vm) => [vm, ...vm.disks].some(({ policy }) => policy === id));
    const results = await resultsOf(
      world,
      having.map((vm) => vm.id),
    );
    const own = results.filter((each) => each.policy === name);
    const byVm = having.map((vm): readonly [string, readonly string[]] => [
      vm.name,
      [...new Set(own.flatMap((each) => (each.vm === vm.id ? each.status : [])))],
    ]);
    const met =
      typeof wanted === 'string'
        ? own.length > 0 && own.every((each) => each.status === wanted)
        : byVm.length === Object.keys(wanted).length &&
          byVm.every(([vm, found]) => found.length === 1 && found[0] === wanted[vm]);
    const asked =
      typeof wanted === 'string'
        ? wanted
        : Object.entries(wanted)
            .map(([vm, each]) => `${vm} ${each}`)
            .join(', ');
    return { met, wanted: asked, found: listed(byVm.map(([vm, found]) => `${vm} ${found.join(' and ')}`)) };
  },
});

async function resultsOf(world: World, vms: readonly string[]): Promise<readonly ComplianceResult[]> {
  const results: ComplianceResult[] = [];
  for (const name of vms) {
    const { vcenter, vm } = world.vmAnywhere(name);
    results.push(...(await vcenter.login(ADMINISTRATOR, 'client').call(checkCompliance, null, { vms: [vm.id] })));
  }
  return results;
}
