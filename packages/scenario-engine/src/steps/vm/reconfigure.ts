import type { CryptoWish, LabNames } from '@vcryptsim/lab';
import { reconfigVm } from '@vcryptsim/lab/catalogue';
import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import type { Named } from '../named.js';
import { operationStep } from '../operation/operation-step.js';
import type { Word } from '../operation/word.js';
import { diskNumber } from './guest-data.js';

const WITH_KEY = ['Encrypt', 'ShallowRecrypt', 'DeepRecrypt'] as const;
const WITHOUT_KEY = ['Decrypt', 'NoOp'] as const;

/** A CryptoSpec by its name, its key a new one; or a map that names the provider of that key, or a key that is there. */
export const crypto = z.union([
  z.enum([...WITH_KEY, ...WITHOUT_KEY]).transform((type): CryptoWish => ({ type })),
  z
    .strictObject({ type: z.enum(WITH_KEY), provider: z.string(), keyId: z.string().default('') })
    .transform(({ type, provider, keyId }): CryptoWish => {
      const key = { keyId, providerId: provider } as NonNullable<
        Extract<CryptoWish, { type: 'DeepRecrypt' }>['newKeyId']
      >;
      return type === 'Encrypt' ? { type, cryptoKeyId: key } : { type, newKeyId: key };
    }),
]) as z.ZodType<CryptoWish>;

const policyName = (names: LabNames | undefined) => nameOrRef(names?.policies);

export const policyWord: Word = {
  field: 'policy',
  schema: policyName,
  isOptional: true,
  uses: (value) => policyNamed(value),
  resolve: (value) => value,
};

export const cryptoWord: Word = { field: 'crypto', schema: () => crypto, isOptional: true, resolve: (value) => value };

/** vSphere numbers the disks of the first controller from here. */
const FIRST_DEVICE_KEY = 2000;

/** Disks by number, from 1, as in "Hard disk 1". */
const disksWord: Word = {
  field: 'disks',
  schema: (names) =>
    z
      .array(z.strictObject({ disk: diskNumber, policy: policyName(names).optional(), crypto: crypto.optional() }))
      .min(1),
  isOptional: true,
  uses: (value) => (value as readonly { policy?: string }[]).flatMap(({ policy }) => policyNamed(policy)),
  resolve: (value, names, _, { vm }) => {
    const { disks } = names.vm(String(vm));
    // A disk that is not there is refused by vCenter.
    return (value as readonly { disk: number }[]).map(({ disk, ...rest }) => ({
      deviceKey: disks[disk - 1]?.deviceKey ?? FIRST_DEVICE_KEY + disk - 1,
      ...rest,
    }));
  },
};

/**
 * `vm.reconfigure`: applies storage policies to a VM and its disks, and encrypts, decrypts or recrypts them
 * (ReconfigVM_Task).
 */
export const vmReconfigure = operationStep(reconfigVm, {
  example: 'vm.reconfigure: { vm: payroll, crypto: ShallowRecrypt }',
  // See vm.add-disk, vm.attach-disk, vm.detach-disk and vm.grow-disk.
  hidden: ['addDisks', 'removeDisks', 'growDisks'],
  words: {
    policy: policyWord,
    crypto: cryptoWord,
    disks: disksWord,
  },
});

function policyNamed(policy: unknown): readonly Named[] {
  return typeof policy === 'string' ? [{ kind: 'policies', name: policy }] : [];
}
