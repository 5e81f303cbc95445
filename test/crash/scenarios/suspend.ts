import { type EsxiHost, GuestProgram } from '@vcryptsim/hypervisor';
import { type FileSystem, type SectorIndex, sectorIndex } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { type Cut, must, mustOpen, type Process, type Scenario, type Seen } from '../scenario.js';
import { entriesOf } from '../support/image.js';
import { VM, VM_FOLDER, VmWorld, webVm } from '../support/vm-world.js';

const PROGRAM_STEPS = 3;
const MARKER = Buffer.from('in memory, and nowhere in clear');
const MARKER_AT = 2 * 1024 * 1024;

/** Suspended after each of an odd number, off or running (which a cut makes off) after an even one. */
const STEPS: readonly ((host: EsxiHost) => Promise<void>)[] = [
  (host) => host.suspendVm(VM),
  (host) => host.powerOnVm(VM),
  (host) => host.suspendVm(VM),
  (host) => host.powerOffVm(VM),
];

/** A VM is suspended, goes on, is suspended again and powered off: its memory is there to the byte, or it is off. */
export const suspend: Scenario = {
  name: 'suspend',

  prepare: async () => {
    const memory = new MemoryFileSystem();
    const { host } = await VmWorld.boot(memory, 1);
    await host.createVm(webVm([{ sizeBytes: 8 * 1024 }]));
    await runProgram(host);
    await host.shutDown();
    return memory;
  },

  start: async (files: FileSystem): Promise<Process> => {
    const { host } = await VmWorld.boot(files, 2);
    await runProgram(host);
    return {
      work: async (answered) => {
        for (const step of STEPS) {
          await step(host);
          answered();
        }
      },
      // Where the medium failed in the very moment of the switch, the VM is off and this boot knows no better.
      goOn: async () => {
        const { powerState } = await host.vm(VM);
        if (powerState === 'poweredOn') await checkProgram(host, 'in the same boot');
      },
    };
  },

  recover: async (files) => {
    const { host } = await VmWorld.boot(files, 3);
    await host.powerOnVm(VM);
    await host.suspendVm(VM);
  },

  check: async (files: MemoryFileSystem, { answered, isInWork }: Cut): Promise<Seen> => {
    const { host } = await mustOpen('first start', () => VmWorld.boot(files, 11));
    const { powerState } = await host.vm(VM);
    const isSuspended = powerState === 'suspended';
    const done = (answered % 2 === 1) === isSuspended ? answered : answered + 1;
    must(!isInWork || done <= STEPS.length, () => `${answered} steps were answered, and it is ${powerState}`);
    for await (const { path, bytes } of entriesOf(files, VM_FOLDER)) {
      must(bytes === null || !Buffer.from(bytes.buffer).includes(MARKER), () => `${path} has memory in clear`);
    }
    await mustOpen('power on', () => host.powerOnVm(VM));
    if (isSuspended && isInWork) await checkProgram(host, 'gone on');
    await mustOpen('suspend', () => host.suspendVm(VM));
    await mustOpen('power on again', () => host.powerOnVm(VM));
    if (isSuspended && isInWork) await checkProgram(host, 'gone on twice');
    await runProgram(host);
    await host.powerOffVm(VM);
    const strays = (await files.readdir(VM_FOLDER)).filter((name) => /\.(?:vmss|vmem|vswp|change|lck)$/.test(name));
    must(strays.length === 0, () => `stray ${strays.join(', ')}`);
    await host.shutDown();
    return { steps: Math.min(done, STEPS.length), isResumed: true };
  },
};

async function programIn(host: EsxiHost): Promise<GuestProgram<SectorIndex>> {
  const [memory, disk] = [await host.openMemory(VM), await host.openDisk(VM, 2000)];
  return new GuestProgram({ seed: 5, memory, disk, sector: sectorIndex, pagesPerStep: 2, sectorsPerStep: 2 });
}

/** Powers the VM on where it is off, and leaves memory and disk with what so many steps make of them. */
async function runProgram(host: EsxiHost): Promise<void> {
  if ((await host.vm(VM)).powerState === 'poweredOff') await host.powerOnVm(VM);
  const program = await programIn(host);
  await program.begin();
  await program.run(PROGRAM_STEPS);
  await (await host.openMemory(VM)).write(MARKER, MARKER_AT);
}

async function checkProgram(host: EsxiHost, when: string): Promise<void> {
  const { steps, wrongPages, wrongSectors } = await (await programIn(host)).check();
  must(steps === PROGRAM_STEPS, () => `${when}: memory says ${steps} steps`);
  must(wrongPages.length === 0, () => `${when}: pages ${wrongPages.join(', ')} are not what they were`);
  must(wrongSectors.length === 0, () => `${when}: sectors ${wrongSectors.join(', ')} are not what they were`);
}
