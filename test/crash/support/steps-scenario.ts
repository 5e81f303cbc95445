// What makes one small change after another durable, each answered before the next: a key server's store, a database, an inventory.
import type { FileSystem } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { type Cut, must, mustOpen, type Process, type Scenario, type Seen } from '../scenario.js';
import { digestOf } from './image.js';

/** A service that is open on a medium. */
export interface Service {
  /** Makes the n-th change, from 0; resolves when it is answered. */
  change(step: number): Promise<void>;
  /** All that it would answer now, as a text that equal states share. */
  state(): Promise<string>;
  close(): Promise<void>;
}

/** Who is cut. */
export interface Steps {
  readonly name: string;
  readonly count: number;
  /** What is there before the service first starts. */
  prepare?(files: MemoryFileSystem): Promise<void>;
  /** @param start its number, another one in each start on one medium */
  open(files: FileSystem, start: number): Promise<Service>;
  /** Looks at the files of a service that has so many steps, when they were answered or it is open; throws a Loss. */
  lookAtFiles?(files: FileSystem, steps: number): Promise<void>;
}

/** Walks the cuts of a service's changes. After each it has all that was answered, and no half of a change. */
export function stepsScenario({ name, count, prepare, open, lookAtFiles }: Steps): Scenario {
  const states: string[] = [];

  const laid = async (): Promise<MemoryFileSystem> => {
    const memory = new MemoryFileSystem();
    await prepare?.(memory);
    const service = await open(memory, 1);
    await service.close();
    states.length = 0;
    const tried = await open(memory.fork(), 2);
    states.push(await tried.state());
    for (let step = 0; step < count; step++) {
      await tried.change(step);
      states.push(await tried.state());
    }
    await tried.close();
    must(new Set(states).size === states.length, () => 'a step changes nothing');
    return memory;
  };

  const start = async (files: FileSystem): Promise<Process> => {
    const service = await open(files, 2);
    return {
      work: async (answered) => {
        for (let step = 0; step < count; step++) {
          await service.change(step);
          answered();
        }
      },
    };
  };

  const recover = async (files: FileSystem): Promise<void> => {
    const service = await open(files, 3);
    await service.close();
  };

  const check = async (files: MemoryFileSystem, { answered, isInWork }: Cut): Promise<Seen> => {
    if (isInWork && answered > 0) await lookAtFiles?.(files, answered);
    const first = await mustOpen('first start', () => open(files, 11));
    const found = await first.state();
    const steps = states.indexOf(found);
    must(
      steps >= answered && steps <= answered + 1,
      () => `${answered} steps were answered, it has ${steps}: ${found}`,
    );
    await lookAtFiles?.(files, steps);
    await first.close();
    const settled = await digestOf(files);
    const second = await mustOpen('second start', () => open(files, 12));
    must((await second.state()) === found, () => 'a second start has another state');
    await second.close();
    must((await digestOf(files)) === settled, () => 'a second start changed its files');
    const third = await mustOpen('third start', () => open(files, 13));
    for (let step = steps; step < count; step++) await mustOpen(`step ${step} again`, () => third.change(step));
    await third.close();
    const last = await mustOpen('last start', () => open(files, 14));
    must((await last.state()) === states.at(-1), () => 'issued again, and not made');
    await lookAtFiles?.(files, count);
    await last.close();
    return { steps, isResumed: true };
  };

  return { name, prepare: laid, start, recover, check };
}
