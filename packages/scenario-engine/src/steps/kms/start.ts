import { z } from 'zod';
import { nodesSchema } from '../lab-arguments.js';
import { stepKind } from '../step-kind.js';

/** `kms.start`: starts key servers again. */
export const kmsStart = stepKind({
  verb: 'kms.start',
  about: 'Starts key servers again: all, one, or a list.',
  example: 'kms.start: [kms-2]',
  mainField: 'nodes',
  args: (names) =>
    z.union([nodesSchema(names), z.strictObject({ nodes: nodesSchema(names) }).transform((o) => o.nodes)]),
  run: async (nodes, { world }) => {
    await world.keyServers.start(nodes);
    return {};
  },
});
