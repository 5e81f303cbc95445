import { type LabNames, oneOf } from '@vcryptsim/lab';
import { z } from 'zod';

/** Arguments of a step that needs a VM only: its name, or a map with it. */
export function vmNameSchema(names: LabNames | undefined): z.ZodType<string> {
  const name = nameOrRef(names?.vms);
  return z.union([name, z.strictObject({ vm: name }).transform(({ vm }) => vm)]);
}

/** Arguments of a step that needs a host only: its name, or a map with it. */
export function hostNameSchema(names: LabNames | undefined): z.ZodType<string> {
  const name = oneOf(names?.hosts);
  return z.union([name, z.strictObject({ host: name }).transform(({ host }) => host)]);
}

/** Key servers: `all`, one name, or a list of names. */
export function nodesSchema(names: LabNames | undefined): z.ZodType<readonly string[]> {
  const all = names?.nodes ?? [];
  const name = oneOf(names === undefined ? undefined : ['all', ...all]);
  return z
    .union([name.transform((one) => [one]), z.array(name).min(1)])
    .transform((list) => (list.includes('all') ? all : list));
}

/** A path or a reference is looked up when the step is taken; a plain name is checked before. */
export function nameOrRef(known: readonly string[] | undefined): z.ZodType<string> {
  if (known === undefined) return z.string();
  const all = new Set(known);
  return z.string().superRefine((text, context) => {
    if (!isName(text) || all.has(text)) return;
    context.addIssue({ code: 'invalid_value', values: [...known], input: text });
  });
}

/** Says whether a value is a plain name, neither a path nor the reference of an object. */
export function isName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    !value.startsWith('/') &&
    !/^(?:vm|host|domain-[cs]|group-[dhvs]|datacenter|datastore)-?\d+$/.test(value)
  );
}

/** What a power cut leaves of that which no fsync made durable. */
export const unsyncedSchema = z.enum(['lost', 'kept', 'some']);
