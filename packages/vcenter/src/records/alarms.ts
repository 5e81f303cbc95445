import type { Clock, EventSink } from '@vcryptsim/ports';
import type { AlarmRecord, EntityRef } from '../database/schema.js';
import type { VcDatabase } from '../database/vc-database.js';
import type { VCenterEvent } from '../events.js';
import type { AlarmName } from './event-types.js';

/** Alarms that are raised now: at most one of a name for an entity. */
export class Alarms {
  readonly #database: VcDatabase;
  readonly #clock: Clock;
  readonly #observer: EventSink<VCenterEvent>;

  constructor(database: VcDatabase, clock: Clock, observer: EventSink<VCenterEvent>) {
    this.#database = database;
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Raises an alarm, or gives one that is raised another cause. Answers whether that said anything new. */
  async raise(name: AlarmName, entity: EntityRef, message: string): Promise<boolean> {
    const known = this.#find(name, entity);
    if (known?.message === message) return false;
    const alarm: AlarmRecord = { name, entity, status: 'red', message, raisedMs: known?.raisedMs ?? this.#clock.nowMs };
    await this.#database.update((content) => ({
      alarms: [...content.alarms.filter((other) => !isFor(other, name, entity)), alarm],
    }));
    this.#observer.emit({ type: 'ALARM_RAISED', alarm: name, entity: entity.name });
    return true;
  }

  /** Clears an alarm. Answers whether it was raised. */
  async clear(name: AlarmName, entity: EntityRef): Promise<boolean> {
    if (!this.#find(name, entity)) return false;
    await this.#database.update((content) => ({
      alarms: content.alarms.filter((other) => !isFor(other, name, entity)),
    }));
    this.#observer.emit({ type: 'ALARM_CLEARED', alarm: name, entity: entity.name });
    return true;
  }

  isRaised(name: AlarmName, entity: EntityRef): boolean {
    return this.#find(name, entity) !== undefined;
  }

  #find(name: AlarmName, entity: EntityRef): AlarmRecord | undefined {
    return this.#database.content.alarms.find((alarm) => isFor(alarm, name, entity));
  }
}

function isFor(alarm: AlarmRecord, name: AlarmName, entity: EntityRef): boolean {
  return alarm.name === name && alarm.entity.type === entity.type && alarm.entity.name === entity.name;
}
