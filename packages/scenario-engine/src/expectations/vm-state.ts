import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';
import { listed } from './words.js';

const STATES = [
  'locked',
  'unlocked',
  'poweredOn',
  'poweredOff',
  'suspended',
  'connected',
  'invalid',
  'inaccessible',
] as const;

/** `vm.NAME.state`: the VM as its host sees it now; one word, or a list of words that must all hold. */
export const vmState = expectationKind({
  word: 'vm.NAME.state',
  about: `The VM is, as its host sees it: ${STATES.join(', ')}; one word or a list.`,
  example: 'vm.payroll.state: [poweredOn, unlocked]',
  subject: 'vms',
  value: () => z.union([z.enum(STATES).transform((state) => [state]), z.array(z.enum(STATES)).min(1)]),
  check: async (wanted, { world }, name) => {
    const vm = await world.vms.now(name);
    const found: readonly string[] = vm === null ? [] : [vm.cryptoState, vm.powerState, vm.connectionState];
    return {
      met: wanted.every((state) => found.includes(state)),
      wanted: `${name} ${listed(wanted)}`,
      found: vm === null ? `${name} is not on any running host` : listed(found),
    };
  },
});
