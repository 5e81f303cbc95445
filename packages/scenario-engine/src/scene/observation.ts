import type { KmipExchange, World } from '@vcryptsim/lab';
import type { EventEnvelope } from '@vcryptsim/ports';
import type { StepError } from './step-error.js';

/** What happened since a step began. */
export class Observation {
  readonly #world: World;
  readonly #exchangesBefore: number;
  readonly #eventsBefore: number;
  readonly #startMs: number;
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
  }

  /** When the step began, by the world's clock. */
  get startMs(): number {
    return this.#startMs;
  }

  /** KMIP operations since the step began. */
  exchanges(): readonly KmipExchange[] {
    return this.#world.transcript.exchanges().slice(this.#exchangesBefore);
  }

  /** Events of every actor since the step began. */
  events(): readonly EventEnvelope<unknown>[] {
    return this.#world.log.entries().slice(this.#eventsBefore);
  }
}
