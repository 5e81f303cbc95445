import type { EventRecord, KmipExchange, TaskRecord, World } from '@vcryptsim/lab';
import type { EventEnvelope } from '@vcryptsim/ports';
import type { StepError } from './step-error.js';

/** What happened since a step began. */
export class Observation {
  readonly #world: World;
  readonly #exchangesBefore: number;
  readonly #eventsBefore: number;
  readonly #startMs: number;
  readonly #lastEvent: number;
  readonly #lastTask: number;
  /** How the step failed, or null. */
  error: StepError | null = null;
  /** What a guest read, as text. */
  text: string | null = null;
  facts: readonly string[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#exchangesBefore = world.transcript.exchanges().length;
    this.#eventsBefore = world.log.entries().length;
    this.#startMs = world.clock.nowMs;
    this.#lastEvent = world.vcenter.eventRecords().at(-1)?.key ?? 0;
    this.#lastTask = numberOf(world.vcenter.tasks().at(-1));
  }

  /** When the step began, by the world's clock. */
  get startMs(): number {
    return this.#startMs;
  }

  /** KMIP operations since the step began. */
  exchanges(): readonly KmipExchange[] {
    return this.#world.transcript.exchanges().slice(this.#exchangesBefore);
  }

  /** vCenter's own Events since the step began. */
  vcenterEvents(): readonly EventRecord[] {
    return this.#world.vcenter.eventRecords().filter(({ key }) => key > this.#lastEvent);
  }

  /** vCenter's tasks that were begun since the step began. */
  tasks(): readonly TaskRecord[] {
    return this.#world.vcenter.tasks().filter((task) => numberOf(task) > this.#lastTask);
  }

  /** Events of every actor since the step began. */
  events(): readonly EventEnvelope<unknown>[] {
    return this.#world.log.entries().slice(this.#eventsBefore);
  }
}

/** The number of a task: a later one has a higher. */
function numberOf(task: TaskRecord | undefined): number {
  return task === undefined ? 0 : Number(task.id.slice('task-'.length));
}
