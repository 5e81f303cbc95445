import { type Clock, type EventSink, type MoRef, moRef } from '@vcryptsim/ports';
import { type EntityRef, RECORDS_MAX, type TaskFailure, type TaskRecord, type UserName } from '../database/schema.js';
import type { Transaction } from '../database/transaction.js';
import type { VcDatabase } from '../database/vc-database.js';
import { codeOf, VCenterError } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';
import { inNameOf } from '../terms/in-name-of.js';
import { Turns } from '../terms/turns.js';

/** How far a task is. */
export interface TaskProgress {
  readonly percent: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** A task that was handed out: it may still be queued. */
export interface TaskHandle {
  readonly id: MoRef<'Task'>;
  /** Resolves with the ended task; a refusal is its `error`. Rejects with a mistake of ours, or when it could not be kept. */
  readonly ended: Promise<TaskRecord>;
}

/** What the work of a task is given. */
export interface TaskControl {
  /** Is aborted when somebody cancels the task. */
  readonly signal: AbortSignal;
  readonly progress: (doneBytes: number, totalBytes: number) => void;
}

/** What to do as a task. */
export interface NewTask {
  /** Method, such as `CreateVM_Task`. */
  readonly name: string;
  readonly entity: EntityRef;
  readonly user: UserName;
  /** Tasks of the same turn run one after another; null runs at once. */
  readonly turn: string | null;
  /** ID that the caller gave the operation. */
  readonly operationId?: string | undefined;
  /** Answers what it made (a reference), or null. */
  readonly work: (control: TaskControl) => Promise<string | null>;
}

interface Live {
  readonly abort: AbortController;
  state: 'queued' | 'running';
  startedMs: number | null;
  progress: TaskProgress | null;
}

/**
 * vCenter's tasks. Each is durable before it is handed out and as ended before its end is answered; that it runs, and how
 * far it is, is known as long as vCenter runs.
 */
export class Tasks {
  readonly #database: VcDatabase;
  readonly #clock: Clock;
  readonly #observer: EventSink<VCenterEvent>;
  readonly #live = new Map<string, Live>();
  /** Tasks that ended and are kept, in the order of their ends: the first is the next to be dropped. */
  readonly #ended = new Set<string>();
  readonly #running = new Set<Promise<TaskRecord>>();
  readonly #turns = new Turns<string>();

  constructor(database: VcDatabase, clock: Clock, observer: EventSink<VCenterEvent>) {
    this.#database = database;
    this.#clock = clock;
    this.#observer = observer;
    for (const { id, endedMs } of database.table('tasks').values()) if (endedMs !== null) this.#ended.add(id);
  }

  /** All tasks as they are now, oldest first. */
  all(): readonly TaskRecord[] {
    return [...this.#database.table('tasks').values()].map((task) => this.#now(task));
  }

  /** How far a task is, or null when it does not run or does not say. */
  progressOf(id: MoRef<'Task'>): TaskProgress | null {
    return this.#live.get(id)?.progress ?? null;
  }

  /** A task by its reference, or null. */
  find(id: string): TaskRecord | null {
    const task = this.#database.table('tasks').get(id);
    return task ? this.#now(task) : null;
  }

  /**
   * Takes a task on and hands it out at once. A coded refusal ends it in state `error`; anything else is a mistake of ours
   * and rejects its end.
   *
   * @throws FileError when the task could not be made durable
   */
  async begin(o: NewTask): Promise<TaskHandle> {
    const task = await this.#queue(o);
    const live: Live = { abort: new AbortController(), state: 'queued', startedMs: null, progress: null };
    this.#live.set(task.id, live);
    const ended = this.#untilEnd(task, live, o);
    this.#running.add(ended);
    const over = () => void this.#running.delete(ended);
    ended.then(over, over);
    return { id: task.id, ended };
  }

  /** Asks a task to end. Answers whether it still could be asked. */
  cancel(id: MoRef<'Task'>): boolean {
    const live = this.#live.get(id);
    if (!live || live.abort.signal.aborted) return false;
    live.abort.abort();
    return true;
  }

  /** Resolves when no task is running any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Ends the tasks that were queued or running when vCenter stopped; their work is over, whatever it had reached. */
  async endInterrupted(): Promise<void> {
    const error: TaskFailure = {
      code: 'INTERRUPTED',
      fault: { code: 'INTERRUPTED' },
      message: 'vCenter stopped while this task was running. Check what it completed, then start it again.',
    };
    for (const task of this.all()) {
      if (task.state === 'queued' || task.state === 'running') await this.#end(task, { state: 'error', error });
    }
  }

  async #untilEnd(task: TaskRecord, live: Live, o: NewTask): Promise<TaskRecord> {
    const run = () => this.#run(task, live, o);
    try {
      return o.turn === null ? await run() : await this.#turns.take(o.turn, run);
    } finally {
      this.#live.delete(task.id);
    }
  }

  async #run(task: TaskRecord, live: Live, { work, operationId }: NewTask): Promise<TaskRecord> {
    const observer = inNameOf(operationId, this.#observer);
    const { signal } = live.abort;
    live.state = 'running';
    live.startedMs = this.#clock.nowMs;
    observer.emit({ type: 'TASK_STARTED', task: task.id, name: task.name });
    try {
      if (signal.aborted) throw cancelled(task);
      const progress = (doneBytes: number, totalBytes: number) => {
        live.progress = progressOf(doneBytes, totalBytes);
      };
      const result = await work({ signal, progress });
      return await this.#end(this.#now(task), { state: 'success', result }, observer);
    } catch (error) {
      const cancel = signal.aborted && codeOf(error) !== null;
      const failure = failureOf(cancel ? cancelled(task) : error);
      return await this.#end(this.#now(task), { state: 'error', error: failure, cancelled: cancel }, observer);
    }
  }

  async #queue({ name, entity, user }: NewTask): Promise<TaskRecord> {
    const { task, dropped } = await this.#database.change((tx) => {
      const made: TaskRecord = {
        id: moRef('Task', tx.next('task')),
        ...{ name, entity, state: 'queued', user, cancelled: false, queuedMs: this.#clock.nowMs },
        ...{ startedMs: null, endedMs: null, result: null, error: null },
      };
      tx.put('tasks', made.id, made);
      return { task: made, dropped: this.#dropOldest(tx) };
    });
    for (const id of dropped) this.#ended.delete(id);
    return task;
  }

  async #end(task: TaskRecord, end: Partial<TaskRecord>, observer = this.#observer): Promise<TaskRecord> {
    const ended: TaskRecord = { ...task, ...end, endedMs: this.#clock.nowMs };
    await this.#database.change((tx) => tx.put('tasks', task.id, ended));
    this.#ended.add(task.id);
    const code = ended.error?.code ?? null;
    observer.emit({ type: 'TASK_ENDED', task: ended.id, name: ended.name, state: ended.state, code });
    return ended;
  }

  #now(task: TaskRecord): TaskRecord {
    const live = this.#live.get(task.id);
    return live && task.endedMs === null ? { ...task, state: live.state, startedMs: live.startedMs } : task;
  }

  /** Drops tasks that ended, the first one first, until there are no more than are kept; a live one stays. */
  #dropOldest(tx: Transaction): readonly string[] {
    const dropped: string[] = [];
    for (const id of this.#ended) {
      if (tx.sizeOf('tasks') <= RECORDS_MAX) break;
      tx.drop('tasks', id);
      dropped.push(id);
    }
    return dropped;
  }
}

function progressOf(doneBytes: number, totalBytes: number): TaskProgress {
  return { percent: totalBytes === 0 ? 100 : Math.floor((100 * doneBytes) / totalBytes), doneBytes, totalBytes };
}

/** RequestCanceled */
function cancelled(task: TaskRecord): VCenterError {
  return new VCenterError({ code: 'REQUEST_CANCELED', task: task.id }, `Task ${task.name} was canceled by a user.`);
}

/** @throws a mistake of ours as it is */
function failureOf(error: unknown): TaskFailure {
  const code = codeOf(error);
  if (code === null || !(error instanceof Error)) throw error;
  // A port's or host's error has `fault` with its fields, or is its code alone.
  const fault = 'fault' in error && typeof error.fault === 'object' && error.fault !== null ? error.fault : { code };
  return { code, fault: { ...fault }, message: error.message };
}
