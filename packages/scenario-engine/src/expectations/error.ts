import { ERROR_CODES, oneOf } from '@vcryptsim/lab';
import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';

/** `error`: the step must be refused with this code, and name the KEK of a VM by its ID if `key` asks for it. */
export const error = expectationKind({
  word: 'error',
  about: "The step is refused with this code, for example VM_LOCKED; with `key: VM` the message names that VM's KEK.",
  value: (names) =>
    z.union([
      oneOf(ERROR_CODES).transform((code) => ({ code, contains: '', key: undefined })),
      z.strictObject({ code: oneOf(ERROR_CODES), contains: z.string().default(''), key: oneOf(names?.vms).optional() }),
    ]),
  check: ({ code, contains, key }, { observed, world }) => {
    const keyId = key === undefined ? '' : (world.vcenter.vms().find((vm) => vm.name === key)?.keyId?.keyId ?? null);
    const { error: refusal } = observed;
    const says = (text: string | null) => text !== null && (refusal?.message.includes(text) ?? false);
    const parts = [code, contains && `that says '${contains}'`, keyId && `that names key ${keyId}`];
    return {
      met: refusal?.code === code && says(contains) && says(keyId),
      wanted: parts.filter(Boolean).join(' '),
      found: refusal === null ? 'no error' : `${refusal.code}: ${refusal.message}`,
    };
  },
});
