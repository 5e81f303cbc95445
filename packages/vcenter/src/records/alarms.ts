import type { Clock, EventSink } from '@vcryptsim/ports';
import type { AlarmRecord, EntityRef } from '../database/schema.js';
import type { VcDatabase } from '../database/vc-database.js';
import type { VCenterEvent } from '../events.js';
import type { AlarmName } from './event-types.js';

/** Alarms that are raised now: at most one of a name for an object, which is known by its ID, not by its name. */
export class Alarms {
  readonly #database: VcDatabase;
  readonly #clock: Clock;
  readonly #observer: EventSink<VCenterEvent>;
  /** Those of the database. */
  readonly #raised: Map<string, AlarmRecord>;

  constructor(database: VcDatabase, clock: Clock, observer: EventSink<VCenterEvent>) {
    this.#database = database;
    this.#clock = clock;
    this.#observer = observer;
    this.#raised = new Map(database.content.alarms.map((alarm) => [keyOf(alarm.name, alarm.entity), alarm]));
  }

  /** Raises an alarm, or gives one that is raised another cause. Answers whether that said anything new. */
  async raise(name: AlarmName, entity: EntityRef, message: string): Promise<boolean> {
    const key = keyOf(name, entity);
    const known = this.#raised.get(key);
    if (known?.message === message) return false;
    const alarm: AlarmRecord = { name, entity, status: 'red', message, raisedMs: known?.raisedMs ?? this.#clock.nowMs };
    await this.#database.update((content) => ({
      alarms: [...content.alarms.filter((other) => keyOf(other.name, other.entity) !== key), alarm],
    }));
    this.#raised.set(key, alarm);
    this.#observer.emit({ type: 'ALARM_RAISED', alarm: name, entity: entity.name, entityId: entity.id });
    return true;
  }

  /** Clears an alarm. Answers whether it was raised. */
  async clear(name: AlarmName, entity: EntityRef): Promise<boolean> {
    const key = keyOf(name, entity);
    if (!this.#raised.has(key)) return false;
    await this.#database.update((content) => ({
      alarms: content.alarms.filter((other) => keyOf(other.name, other.entity) !== key),
    }));
    this.#raised.delete(key);
    this.#observer.emit({ type: 'ALARM_CLEARED', alarm: name, entity: entity.name, entityId: entity.id });
    return true;
  }

  isRaised(name: AlarmName, entity: EntityRef): boolean {
    return this.#raised.has(keyOf(name, entity));
  }
}

function keyOf(name: string, { type, id }: EntityRef): string {
  return JSON.stringify([name, type, id]);
}
