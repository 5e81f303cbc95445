import { type LabNames, oneOf } from '@vcryptsim/lab';
import { z } from 'zod';

/** Arguments of a step that needs a VM only: its name, or a map with it. */
export function vmNameSchema(names: LabNames | undefined): z.ZodType<string> {
  const name = oneOf(names?.vms);
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
