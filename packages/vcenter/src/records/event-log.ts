import type { Clock, EventSink } from '@vcryptsim/ports';
import { type EntityRef, type EventRecord, RECORDS_MAX, type UserName } from '../database/schema.js';
import type { Transaction } from '../database/transaction.js';
import type { VcDatabase } from '../database/vc-database.js';
import type { VCenterEvent } from '../terms/events.js';
import type { VCenterVersion } from '../terms/versions.js';
import { type EventType, eventText } from './event-texts.js';

/** An event to write down. */
export interface NewEvent {
  readonly type: EventType;
  readonly entity: EntityRef;
  /** Who caused it. */
  readonly user: UserName;
  /** Values that its sentence speaks of, without secrets. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** One more sentence for the message, without secrets. */
  readonly detail?: string;
}

/** vCenter's own Events: what it did and was told, in its database. It misses what it could not see. */
export class EventLog {
  readonly #database: VcDatabase;
  readonly #clock: Clock;
  readonly #observer: EventSink<VCenterEvent>;
  readonly #version: VCenterVersion;

  constructor(database: VcDatabase, clock: Clock, observer: EventSink<VCenterEvent>, version: VCenterVersion) {
    this.#database = database;
    this.#clock = clock;
    this.#observer = observer;
    this.#version = version;
  }

  /** The sentence of an event in this release; for one that the release lacks, that of the first release that has it. */
  sentence(type: EventType): string {
    return eventText(type, this.#version) ?? eventText(type, '8.0U3') ?? type;
  }

  /** Writes an event down; one that this release does not have is left out. */
  async record(event: NewEvent): Promise<void> {
    const record = await this.#database.change((tx) => this.putIn(tx, event));
    if (record) this.tell(record);
  }

  /** Puts an event into a change that has more than it; {@link tell} is called when that is durable. */
  putIn(tx: Transaction, event: NewEvent): EventRecord | null {
    const sentence = eventText(event.type, this.#version);
    if (sentence === null) return null;
    const key = tx.next('event');
    const { type, entity, user, arguments: values = {}, detail } = event;
    const message = detail === undefined ? sentence : `${sentence}: ${detail}`;
    const record: EventRecord = { key, type, user, entity, arguments: values, createdMs: this.#clock.nowMs, message };
    tx.put('events', String(key), record);
    tx.dropOldest('events', RECORDS_MAX);
    return record;
  }

  /** Tells the observer of an event that is durable. */
  tell({ key, type, entity }: EventRecord): void {
    this.#observer.emit({ type: 'EVENT_RECORDED', id: key, eventType: type, entity: entity.name });
  }
}
