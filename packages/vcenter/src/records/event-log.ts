import type { Clock, EventSink } from '@vcryptsim/ports';
import { type EntityRef, type EventRecord, RECORDS_MAX } from '../database/schema.js';
import type { VcDatabase } from '../database/vc-database.js';
import type { VCenterEvent } from '../events.js';
import { EVENT_SENTENCES, type EventType } from './event-types.js';

/** vCenter's own Events: what it did and was told, in its database. It misses what it could not see. */
export class EventLog {
  readonly #database: VcDatabase;
  readonly #clock: Clock;
  readonly #observer: EventSink<VCenterEvent>;

  constructor(database: VcDatabase, clock: Clock, observer: EventSink<VCenterEvent>) {
    this.#database = database;
    this.#clock = clock;
    this.#observer = observer;
  }

  /**
   * Writes an event down.
   *
   * @param detail one more sentence for `message`, without secrets
   */
  async record(type: EventType, entity: EntityRef, detail?: string): Promise<void> {
    let id = 0;
    await this.#database.update((content) => {
      id = content.nextEventNumber;
      const event: EventRecord = {
        id,
        type,
        entity,
        createdMs: this.#clock.nowMs,
        message: detail === undefined ? EVENT_SENTENCES[type] : `${EVENT_SENTENCES[type]}: ${detail}`,
      };
      return { nextEventNumber: id + 1, events: [...content.events, event].slice(-RECORDS_MAX) };
    });
    this.#observer.emit({ type: 'EVENT_RECORDED', id, eventType: type, entity: entity.name });
  }
}
