import type { EventSink } from '@vcryptsim/ports';
import type { VCenterEvent } from './events.js';

/** An observer who hears of each event that it happened in the operation with this ID; the same one without an ID. */
export function inNameOf(operationId: string | undefined, observer: EventSink<VCenterEvent>): EventSink<VCenterEvent> {
  if (operationId === undefined) return observer;
  return { emit: (event) => observer.emit({ ...event, operationId }) };
}
