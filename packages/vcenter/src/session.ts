import type { MoRef } from '@vcryptsim/ports';
import type { TaskRecord, UserName } from './database/schema.js';
import type { Door } from './operations/door.js';
import type { Caller, ObjectType, PlainOperation, TaskOperation } from './operations/operation.js';
import type { TaskHandle } from './records/tasks.js';

/** A user at the door of a vCenter, by the web client or by the API. Everything that changes vCenter is called through one. */
export class Session {
  readonly #door: Door;
  readonly #caller: Caller;
  readonly #refuseIfStopped: () => void;

  constructor(door: Door, caller: Caller, refuseIfStopped: () => void) {
    this.#door = door;
    this.#caller = caller;
    this.#refuseIfStopped = refuseIfStopped;
  }

  get user(): UserName {
    return this.#caller.user;
  }

  /**
   * Begins a task and answers it at once, queued.
   *
   * @param on the object; null for a service
   * @throws VCenterError VCENTER_STOPPED; as {@link Door.begin}
   */
  async begin<Type extends ObjectType, Args>(
    operation: TaskOperation<Type, Args>,
    on: MoRef | null,
    args: Args,
  ): Promise<TaskHandle> {
    this.#refuseIfStopped();
    return this.#door.begin(this.#caller, operation, on, args);
  }

  /** Begins a task and waits for its end; a refusal of its work is its `error`. @throws as {@link begin} */
  async run<Type extends ObjectType, Args>(
    operation: TaskOperation<Type, Args>,
    on: MoRef | null,
    args: Args,
  ): Promise<TaskRecord> {
    const { ended } = await this.begin(operation, on, args);
    return ended;
  }

  /** Calls what answers at once. @throws VCenterError VCENTER_STOPPED; as {@link Door.call} */
  async call<Type extends ObjectType, Args, Answer>(
    operation: PlainOperation<Type, Args, Answer>,
    on: MoRef | null,
    args: Args,
  ): Promise<Answer> {
    this.#refuseIfStopped();
    return this.#door.call(this.#caller, operation, on, args);
  }
}
