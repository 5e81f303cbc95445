import { ERROR_CODES, type LabNames, oneOf } from '@vcryptsim/lab';
import { z } from 'zod';
import type { StepError } from '../scene/step-error.js';
import { expectationKind } from './expectation-kind.js';

/** What a refusal must be; what is left out may be anything. */
interface Wanted {
  readonly code: string;
  readonly contains?: string | undefined;
  /** A VM: the message names its KEK. */
  readonly key?: string | undefined;
  readonly privilege?: string | undefined;
  /** Name or reference of the object. */
  readonly object?: string | undefined;
  readonly messageKey?: string | undefined;
}

const value = (names: LabNames | undefined): z.ZodType<Wanted> =>
  z.union([
    oneOf(ERROR_CODES).transform((code): Wanted => ({ code })),
    z.strictObject({
      code: oneOf(ERROR_CODES),
      contains: z.string().optional(),
      key: oneOf(names?.vms).optional(),
      privilege: z.string().optional(),
      object: z.string().optional(),
      messageKey: z.string().optional(),
    }),
  ]);

/**
 * `error`: the step must be refused with this code; in a map also with this text, the ID of a VM's KEK, the privilege that
 * was missing, and the object on which it was.
 */
export const error = expectationKind({
  word: 'error',
  about:
    "The step is refused with this code, for example VM_LOCKED; in a map also with a text (contains), a VM's KEK (key), the missing privilege, the object, the product's messageKey.",
  example: 'error: { code: NO_PERMISSION, privilege: Cryptographer.EncryptNew, object: vm }',
  value,
  check: (wanted, { observed, world }) => {
    const { code, contains = '', key, privilege, object, messageKey } = wanted;
    const keyId = key === undefined ? '' : (world.vcenter.vms().find((vm) => vm.name === key)?.keyId?.keyId ?? null);
    const { error: refusal } = observed;
    const says = (text: string | null) => text !== null && (refusal?.message.includes(text) ?? false);
    const isAbout = object === undefined || [refusal?.object, refusal?.objectName].includes(object);
    const parts = [
      code,
      contains && `that says '${contains}'`,
      keyId && `that names key ${keyId}`,
      privilege && `for want of ${privilege}`,
      object && `on ${object}`,
      messageKey && `with ${messageKey}`,
    ];
    return {
      met:
        refusal?.code === code &&
        says(contains) &&
        says(keyId) &&
        isAbout &&
        (privilege ?? refusal.privilege) === refusal.privilege &&
        (messageKey ?? refusal.messageKey) === refusal.messageKey,
      wanted: parts.filter(Boolean).join(' '),
      found: refusal === null ? 'no error' : foundText(refusal),
    };
  },
});

function foundText({ code, privilege, object, objectName, messageKey, message }: StepError): string {
  const fields = [
    privilege && `privilege ${privilege}`,
    object && `object ${objectName ?? ''} (${object})`,
    messageKey && `messageKey ${messageKey}`,
  ].filter(Boolean);
  return `${code}${fields.length === 0 ? '' : ` [${fields.join(', ')}]`}: ${message}`;
}
