import type { LabNames, World } from '@vcryptsim/lab';
import { z } from 'zod';

/** A way from a vCenter to a host or a key server. */
export interface Link {
  readonly vcenter: string;
  readonly host?: string;
  readonly node?: string;
}

/** Two ends in any order: a vCenter, and a host or a key server. */
export function linkSchema(names: LabNames | undefined): z.ZodType<Link> {
  return z
    .array(z.string())
    .length(2, 'a link has two ends')
    .transform((ends, context): Link => {
      const isFar = (end: string) => names === undefined || names.labHosts.includes(end) || names.nodes.includes(end);
      const far = ends.findIndex((end) => isFar(end));
      const [vcenter = '', end = ''] = [ends[1 - far], ends[far]];
      if (far >= 0 && (names === undefined || !isFar(vcenter)))
        return { vcenter, ...(names?.nodes.includes(end) ? { node: end } : { host: end }) };
      const known = [...(names?.labHosts ?? []), ...(names?.nodes ?? [])].join(', ');
      context.addIssue({ code: 'custom', message: `one end is a vCenter, the other a host or key server: ${known}` });
      return z.NEVER;
    });
}

/** How a person calls it. */
export function linkText({ vcenter, host, node }: Link): string {
  return `${vcenter} - ${host ?? node}`;
}

/** Breaks a link. @throws LabError NAME_NOT_FOUND */
export async function breakLink({ vcenter, host, node }: Link, mode: 'cut' | 'hang', world: World): Promise<void> {
  world.vcenterNamed(vcenter);
  if (host !== undefined) world.roads.between(vcenter, host).set(mode);
  else if (node !== undefined) await world.faults.set(node, { kind: mode === 'cut' ? 'refuse' : 'hang' });
}

/** Mends a link. @throws LabError NAME_NOT_FOUND */
export async function mendLink({ vcenter, host, node }: Link, world: World): Promise<void> {
  world.vcenterNamed(vcenter);
  if (host !== undefined) world.roads.between(vcenter, host).clear();
  else if (node !== undefined) await world.faults.clear(node);
}
