import { z } from 'zod';
import { nodesSchema } from '../lab-arguments.js';
import { stepKind } from '../step-kind.js';

/** `fault.clear`: mends the way from vCenter to key servers. */
export const faultClear = stepKind({
  verb: 'fault.clear',
  about: 'Ends a fault on the way to key servers: all, one, or a list.',
  example: 'fault.clear: all',
  mainField: 'nodes',
  args: (names) =>
    z.union([nodesSchema(names), z.strictObject({ nodes: nodesSchema(names) }).transform((o) => o.nodes)]),
  run: async (nodes, { world }) => {
    for (const server of nodes) {
      await world.faults.clear(server);
      world.runEvents.emit({ type: 'FAULT_CLEARED', server });
    }
    return {};
  },
});
