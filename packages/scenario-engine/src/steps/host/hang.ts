import { oneOf } from '@vcryptsim/lab';
import { z } from 'zod';
import { stepKind } from '../step-kind.js';

/** `host.hang`: a host answers nothing, and does nothing, until `host.release`. */
export const hostHang = stepKind({
  verb: 'host.hang',
  about: 'A host hangs: it answers nothing and writes nothing until host.release, a reboot or a power cut.',
  example: 'host.hang: esx-1',
  mainField: 'host',
  args: (names) => {
    const name = oneOf(names?.labHosts);
    return z.union([name, z.strictObject({ host: name }).transform(({ host }) => host)]);
  },
  run: async (name, { world }) => {
    world.hangHost(name);
    world.runEvents.emit({ type: 'FAULT_SET', server: name, fault: 'hang' });
    return {};
  },
});
