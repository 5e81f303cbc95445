import type { FileSystem } from '@vcryptsim/ports';
import type { MemoryFileSystem } from '../memory-file-system.js';
import type { LoggedOperation } from './effects.js';
import { PowerCutFileSystem } from './power-cut-file-system.js';

/** What was on a medium, and what was then done to it: what {@link crashStates} builds states from. */
export interface CrashHistory {
  readonly start: MemoryFileSystem;
  /** In order, numbered from 1. */
  readonly operations: readonly LoggedOperation[];
}

/**
 * Files in memory, and what was done to them from a beginning on: enough for {@link crashStates} to build every state
 * that a cut can leave. It has a copy of every byte that was written.
 */
export class CrashLog implements CrashHistory {
  /** Where the work to be tried is done. */
  readonly files: PowerCutFileSystem;
  #start: MemoryFileSystem;
  #operations: LoggedOperation[] = [];

  /**
   * @param memory the medium, all of it durable; nobody else changes it from now on
   * @param wrap puts something between, such as a FaultyFileSystem
   */
  constructor(memory: MemoryFileSystem, wrap: (files: FileSystem) => FileSystem = (files) => files) {
    this.#start = memory.fork();
    this.files = new PowerCutFileSystem(wrap(memory), {
      onOperation: (operation) => this.#operations.push({ ...operation, number: this.#operations.length + 1 }),
      onPowerOn: () => {
        this.#start = memory.fork();
        this.#operations = [];
      },
    });
  }

  /** What was there at the beginning: when this was made, or when the power came back. */
  get start(): MemoryFileSystem {
    return this.#start;
  }

  /** What was done since, in order. `operations.length` now is a mark for `from` and `to` of {@link crashStates}. */
  get operations(): readonly LoggedOperation[] {
    return this.#operations;
  }
}
