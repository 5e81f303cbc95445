import type { FileSystem } from '@vcryptsim/ports';
import { CrashLog, crashStates, type MemoryFileSystem } from '@vcryptsim/simkit';
import { type Cut, must, mustOpen, type Scenario } from '../scenario.js';
import { lookFor, madeVm } from '../support/change-scenario.js';
import { IN_PLACE } from '../support/in-place.js';
import { checkDone, checkFolder, checkStarted, filesInClear, powerOnAndLook } from '../support/vm-check.js';
import { DEEP, keysText, NEW, OLD, THIRD, VM, VmWorld } from '../support/vm-world.js';

const VM_SHAPE = { name: 'recrypt-resumed', ...IN_PLACE, spec: { crypto: DEEP, rewrite: 'inPlace' } } as const;
const SHALLOW_TO_THIRD = { crypto: { type: 'ShallowRecrypt', newKeyId: THIRD.id } } as const;
const look = lookFor(VM_SHAPE);
const of = ({ id }: typeof NEW): string => keysText([id, id]);
/** The keys that its files may name, by the steps that are done. */
const KEYS = [of(NEW), of(THIRD)];

/**
 * A recrypt in place was cut in its middle. The power goes again while the next change goes on with it, and while that then
 * recrypts once more.
 */
export const recryptResumed: Scenario = {
  name: VM_SHAPE.name,
  prepare: async () => {
    const log = new CrashLog(await madeVm(VM_SHAPE));
    const world = await VmWorld.boot(log.files, 2);
    const from = log.operations.length + 1;
    await world.host.reconfigureVm(VM, VM_SHAPE.spec);
    // In the second window of three: its record is durable, and of its data a part is in the extent.
    const torn = log.operations.filter(
      ({ operation }) =>
        operation.kind === 'write' && operation.path.endsWith('-flat.vmdk') && operation.offsetBytes > 0,
    )[0]?.number;
    const inTheMiddle = torn ?? from;
    const [state] = [...crashStates(log, { from: inTheMiddle, to: inTheMiddle, families: ['torn'], sample: 1 })];
    must(state !== undefined, () => 'there is no window to cut');
    return (state as { files: MemoryFileSystem }).files;
  },
  start: async (files) => {
    const { host } = await VmWorld.boot(files, 4);
    return {
      work: async (answered) => {
        await host.reconfigureVm(VM, SHALLOW_TO_THIRD);
        answered();
      },
    };
  },
  recover: async (files: FileSystem) => {
    const { host } = await VmWorld.boot(files, 5);
    await host.powerOnVm(VM);
    await host.powerOffVm(VM);
  },
  check: async (files: MemoryFileSystem, { answered, isInWork }: Cut) => {
    if (isInWork && answered > 0) await checkDone(files);
    must((await filesInClear(files)).length === 0, () => 'a cut leaves data in clear');
    const { keys, world } = await checkStarted(files, look);
    const named = keysText(keys);
    const steps = KEYS.indexOf(named);
    must(steps >= 0, () => `it ended with ${named}, not with ${of(OLD)} gone`);
    must(steps >= answered, () => 'the second recrypt was answered, and is gone');
    await mustOpen('issued again', () => world.host.reconfigureVm(VM, SHALLOW_TO_THIRD));
    await powerOnAndLook(world, 'issued again', look);
    must(keysText(await world.keys()) === of(THIRD), () => 'issued again, and not made');
    await world.host.shutDown();
    await checkFolder(files, 'issued again');
    return { steps, isResumed: true };
  },
};
