import type { LabNames, World } from '@vcryptsim/lab';
import { z } from 'zod';
import { nodesSchema } from '../lab-arguments.js';
import { stepKind } from '../step-kind.js';
import { type Link, linkSchema, linkText, mendLink } from './link-ends.js';
import { diskAt, placeSchema } from './place.js';

/** What is to work again. */
interface Cleared {
  readonly nodes?: readonly string[];
  readonly disks?: readonly string[];
  readonly orders?: boolean;
  /** All ways between vCenters and hosts. */
  readonly roads?: boolean;
  readonly link?: Link;
}

const args = (names: LabNames | undefined): z.ZodType<Cleared> => {
  const nodes = nodesSchema(names);
  const everywhere = (): Cleared => ({
    nodes: names?.nodes ?? [],
    disks: [...(names?.datastores ?? []), 'vcenter', ...(names?.labHosts ?? [])],
    orders: true,
    roads: true,
  });
  return z.union([
    z.literal('all').transform(everywhere),
    nodes.transform((list): Cleared => ({ nodes: list })),
    z.strictObject({ nodes }),
    z.strictObject({ disk: placeSchema(names) }).transform(({ disk }): Cleared => ({ disks: [disk] })),
    z.strictObject({ link: linkSchema(names) }),
    z.strictObject({ 'power-cut': z.literal('all') }).transform((): Cleared => ({ orders: true })),
  ]);
};

/** `fault.clear`: ends faults. */
export const faultClear = stepKind({
  verb: 'fault.clear',
  about:
    'Ends faults: all, those on the way to key servers (one name, a list, nodes), of a disk (disk: PLACE), of a link (link: [A, B]), or power cuts that were ordered and have not come (power-cut: all).',
  example: 'fault.clear: all',
  mainField: 'nodes',
  args,
  run: async ({ nodes = [], disks = [], orders = false, roads = false, link }, { world }) => {
    for (const server of nodes) {
      await world.faults.clear(server);
      world.runEvents.emit({ type: 'FAULT_CLEARED', server });
    }
    for (const place of disks) clearDisk(world, place);
    if (orders) world.power.forgetOrders();
    if (roads) for (const road of world.roads.all()) road.clear();
    if (link) {
      await mendLink(link, world);
      world.runEvents.emit({ type: 'FAULT_CLEARED', server: linkText(link) });
    }
    return {};
  },
});

function clearDisk(world: World, place: string): void {
  const disk = diskAt(place, world);
  if (!disk.isFaulty) return;
  disk.clear();
  world.runEvents.emit({ type: 'FAULT_CLEARED', server: place });
}
