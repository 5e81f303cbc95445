import { oneOf } from '@vcryptsim/lab';
import { z } from 'zod';
import { stepKind } from '../step-kind.js';

/** `host.release`: a host that hung goes on where it was. */
export const hostRelease = stepKind({
  verb: 'host.release',
  about: 'A host that hung goes on where it was.',
  example: 'host.release: esx-1',
  mainField: 'host',
  args: (names) => {
    const name = oneOf(names?.labHosts);
    return z.union([name, z.strictObject({ host: name }).transform(({ host }) => host)]);
  },
  run: async (name, { world }) => {
    world.releaseHost(name);
    world.runEvents.emit({ type: 'FAULT_CLEARED', server: name });
    return {};
  },
});
