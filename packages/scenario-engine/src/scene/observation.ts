import type { EventRecord, KmipExchange, TaskRecord, World } from '@vcryptsim/lab';
import type { EventEnvelope } from '@vcryptsim/ports';
import type { StepError } from './step-error.js';

/**
 * What happened since a step began. Where steps run side by side, it is what this step caused: what vCenter did for it
 * and told under its operation's ID, and its own connections to key servers.
 */
export class Observation {
  readonly #world: World;
  readonly #operationId: string | null;
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

  /** @param operationId of a step that runs beside others: what has another cause is left out */
  constructor(world: World, operationId: string | null = null) {
    this.#world = world;
    this.#operationId = operationId;
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
    return this.#own(this.#world.transcript.exchanges().slice(this.#exchangesBefore), ({ operationId }) => operationId);
  }

  /** vCenter's own Events since the step began. */
  vcenterEvents(): readonly EventRecord[] {
    const records = this.#world.vcenter.eventRecords().filter(({ key }) => key > this.#lastEvent);
    if (this.#operationId === null) return records;
    const told = this.#told('EVENT_RECORDED', 'id');
    return records.filter(({ key }) => told.has(key));
  }

  /** vCenter's tasks that were begun since the step began. */
  tasks(): readonly TaskRecord[] {
    const tasks = this.#world.vcenter.tasks().filter((task) => numberOf(task) > this.#lastTask);
    if (this.#operationId === null) return tasks;
    const told = this.#told('TASK_STARTED', 'task');
    return tasks.filter(({ id }) => told.has(id));
  }

  /** Events of every actor since the step began. */
  events(): readonly EventEnvelope<unknown>[] {
    return this.#own(this.#world.log.entries().slice(this.#eventsBefore), ({ event }) => fieldOf(event, 'operationId'));
  }

  /** What that vCenter told of, whose records are looked at; two of them count alike. */
  #told(type: string, field: string): ReadonlySet<unknown> {
    const [asked] = this.#world.vcenterNames();
    const own = this.events().filter(({ source, event }) => source === asked && fieldOf(event, 'type') === type);
    return new Set(own.map(({ event }) => fieldOf(event, field)));
  }

  #own<Seen>(all: readonly Seen[], causeOf: (seen: Seen) => unknown): readonly Seen[] {
    return this.#operationId === null ? all : all.filter((seen) => causeOf(seen) === this.#operationId);
  }
}

/** The number of a task: a later one has a higher. */
function numberOf(task: TaskRecord | undefined): number {
  return task === undefined ? 0 : Number(task.id.slice('task-'.length));
}

function fieldOf(event: unknown, field: string): unknown {
  return typeof event === 'object' && event !== null ? (event as Readonly<Record<string, unknown>>)[field] : undefined;
}
