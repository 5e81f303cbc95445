import { assert, type Clock, type EventSink } from '@vcryptsim/ports';
import { type EntityRef, RECORDS_MAX, type TaskFailure, type TaskRecord } from '../database/schema.js';
import type { VcDatabase } from '../database/vc-database.js';
import { codeOf } from '../errors.js';
import type { VCenterEvent } from '../events.js';

/** Names of the methods that make a task, as vSphere spells them. */
export type TaskName =
  | 'CreateVM_Task'
  | 'RegisterVM_Task'
  | 'UnregisterVM'
  | 'PowerOnVM_Task'
  | 'PowerOffVM_Task'
  | 'CryptoUnlock_Task'
  | 'ReconnectHost_Task';

/** vCenter's tasks. Each is durable as `running` before its work begins and as ended before it is answered. */
export class Tasks {
  readonly #database: VcDatabase;
  readonly #clock: Clock;
  readonly #observer: EventSink<VCenterEvent>;

  readonly #running = new Set<Promise<TaskRecord>>();

  constructor(database: VcDatabase, clock: Clock, observer: EventSink<VCenterEvent>) {
    this.#database = database;
    this.#clock = clock;
    this.#observer = observer;
  }

  /**
   * Does work as a task. A coded refusal ends the task in state `error`; anything else is a mistake of ours and rejects.
   *
   * @param work answers what it made (a UUID), or null
   * @returns the ended task
   */
  async run(name: TaskName, entity: EntityRef, work: () => Promise<string | null>): Promise<TaskRecord> {
    const running = this.#run(name, entity, work);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Resolves when no task is running any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  async #run(name: TaskName, entity: EntityRef, work: () => Promise<string | null>): Promise<TaskRecord> {
    const task = await this.#start(name, entity);
    try {
      return await this.#end(task, { state: 'success', result: await work() });
    } catch (error) {
      return await this.#end(task, { state: 'error', error: failureOf(error) });
    }
  }

  /** Ends the tasks that were running when vCenter stopped; their work is over, whatever it had reached. */
  async endInterrupted(): Promise<void> {
    const running = this.#database.content.tasks.filter((task) => task.state === 'running');
    const error: TaskFailure = {
      code: 'INTERRUPTED',
      fault: { code: 'INTERRUPTED' },
      message: 'vCenter stopped while this task was running. Check what it completed, then start it again.',
    };
    for (const task of running) await this.#end(task, { state: 'error', error });
  }

  async #start(name: TaskName, entity: EntityRef): Promise<TaskRecord> {
    let task: TaskRecord | undefined;
    await this.#database.update((content) => {
      task = {
        id: `task-${content.nextTaskNumber}`,
        name,
        entity,
        state: 'running',
        startedMs: this.#clock.nowMs,
        endedMs: null,
        result: null,
        error: null,
      };
      return { nextTaskNumber: content.nextTaskNumber + 1, tasks: withoutOldest([...content.tasks, task]) };
    });
    assert(task, 'a durable update has run its change');
    this.#observer.emit({ type: 'TASK_STARTED', task: task.id, name });
    return task;
  }

  async #end(task: TaskRecord, end: Partial<TaskRecord>): Promise<TaskRecord> {
    const ended: TaskRecord = { ...task, ...end, endedMs: this.#clock.nowMs };
    await this.#database.update((content) => ({
      tasks: content.tasks.map((other) => (other.id === task.id ? ended : other)),
    }));
    const code = ended.error?.code ?? null;
    this.#observer.emit({ type: 'TASK_ENDED', task: ended.id, name: ended.name, state: ended.state, code });
    return ended;
  }
}

/** Drops ended tasks from the oldest on; a running one stays. */
function withoutOldest(tasks: readonly TaskRecord[]): readonly TaskRecord[] {
  const excess = tasks.length - RECORDS_MAX;
  if (excess <= 0) return tasks;
  const dropped = new Set(tasks.filter((task) => task.state !== 'running').slice(0, excess));
  return tasks.filter((task) => !dropped.has(task));
}

function failureOf(error: unknown): TaskFailure {
  const code = codeOf(error);
  if (code === null || !(error instanceof Error)) throw error;
  // A port's or host's error has `fault` with its fields, or is its code alone.
  const fault = 'fault' in error && typeof error.fault === 'object' && error.fault !== null ? error.fault : { code };
  return { code, fault: { ...fault }, message: error.message };
}
