import type { Clock, EventSink } from '@vcryptsim/ports';
import type { EntityRef } from '../database/schema.js';
import type { VcDatabase } from '../database/vc-database.js';
import type { VCenterEvent } from '../terms/events.js';
import type { AlarmName } from './event-texts.js';

/** Alarms that are raised now: at most one of a name for an object, which is known by its reference, not by its name. */
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
    const id = alarmId(name, entity);
    const known = this.#database.table('alarms').get(id);
    if (known?.message === message) return false;
    const raisedMs = known?.raisedMs ?? this.#clock.nowMs;
    await this.#database.change((tx) => tx.put('alarms', id, { name, entity, status: 'red', message, raisedMs }));
    this.#observer.emit({ type: 'ALARM_RAISED', alarm: name, entity: entity.name, entityId: entity.id });
    return true;
  }

  /** Clears an alarm. Answers whether it was raised. */
  async clear(name: AlarmName, entity: EntityRef): Promise<boolean> {
    const id = alarmId(name, entity);
    if (!this.#database.table('alarms').has(id)) return false;
    await this.#database.change((tx) => tx.drop('alarms', id));
    this.#observer.emit({ type: 'ALARM_CLEARED', alarm: name, entity: entity.name, entityId: entity.id });
    return true;
  }

  isRaised(name: AlarmName, entity: EntityRef): boolean {
    return this.#database.table('alarms').has(alarmId(name, entity));
  }
}

function alarmId(name: string, { type, id }: EntityRef): string {
  return JSON.stringify([name, type, id]);
}
