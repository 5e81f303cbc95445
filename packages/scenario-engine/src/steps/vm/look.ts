import { LabError, type LookDifference, type VmLook } from '@vcryptsim/lab';
import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';

const CIPHERTEXT = ['untouched', 'rewritten'] as const;
const KEYS = ['same', 'replaced', 'removed'] as const;

/**
 * `vm.look`: looks at a VM's files past its host, with every KEK of the run at hand, and compares them with the look
 * before: which KEKs open the bundles, and which 16-byte blocks of the extents are as they were. Fails with LOOK_DIFFERS.
 */
export const vmLook = stepKind({
  verb: 'vm.look',
  about:
    "Looks at a VM's extents and bundles on the datastore, and compares them with the look before. ciphertext: untouched (no byte differs, nothing was written) or rewritten (no 16-byte block is as it was); keys that open the bundles: same, replaced (none of those before), removed.",
  example: 'vm.look: { vm: payroll, ciphertext: untouched, keys: replaced }',
  mainField: 'vm',
  args: (names) => {
    const vm = nameOrRef(names?.vms);
    return z.union([
      vm.transform((one) => ({ vm: one, ciphertext: undefined, keys: undefined })),
      z.strictObject({ vm, ciphertext: z.enum(CIPHERTEXT).optional(), keys: z.enum(KEYS).optional() }),
    ]);
  },
  plan: ({ vm }) => ({ uses: [vmNamed(vm)] }),
  run: async ({ vm, ciphertext, keys }, { world }) => {
    const { look, difference } = await world.looks.look(vm);
    const facts = difference === null ? [factOf(look)] : [factOf(look), ...factsOf(difference)];
    const isAsWanted =
      (ciphertext === undefined || difference?.ciphertext === ciphertext) &&
      (keys === undefined || difference?.keys === keys);
    if (isAsWanted) return { facts };
    const wanted = [ciphertext && `ciphertext ${ciphertext}`, keys && `keys ${keys}`].filter(Boolean).join(', ');
    const found =
      difference === null
        ? 'there was no look before'
        : `found ciphertext ${difference.ciphertext}, keys ${difference.keys}. ${facts.join(' ')}`;
    throw new LabError('LOOK_DIFFERS', `Wanted of VM ${vm}: ${wanted}; ${found}`);
  },
});

function factOf({ openedBy, tried }: VmLook): string {
  const all = tried === 1 ? 'the only KEK' : `the ${tried} KEKs`;
  if (openedBy.length === 0) return `No bundle is there that any of ${all} of this run opens.`;
  return `Of ${all} of this run its bundles are opened by: ${openedBy.join(', ')}.`;
}

function factsOf({ blocks, equalBlocks, areNewFiles, writes }: LookDifference): readonly string[] {
  const changed = blocks - equalBlocks;
  const files = areNewFiles
    ? 'its extents are new files'
    : `its extents were written ${writes === 1 ? 'once' : `${writes} times`}`;
  return [`Since the look before ${changed} of ${blocks} blocks on the datastore changed; ${files}.`];
}
