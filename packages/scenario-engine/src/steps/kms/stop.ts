import { z } from 'zod';
import { nodesSchema } from '../lab-arguments.js';
import { stepKind } from '../step-kind.js';

/** `kms.stop`: stops key servers; their key store stays as it is. */
export const kmsStop = stepKind({
  verb: 'kms.stop',
  about: 'Stops key servers: all, one, or a list.',
  example: 'kms.stop: all',
  mainField: 'nodes',
  args: (names) =>
    z.union([nodesSchema(names), z.strictObject({ nodes: nodesSchema(names) }).transform((o) => o.nodes)]),
  run: async (nodes, { world }) => {
    await world.keyServers.stop(nodes);
    return {};
  },
});
