/**
 * Where a domain says what happened. An event is emitted after the state changed, carries codes, branded ids, numbers
 * and booleans (no free text, no bytes), and no domain ever reads one.
 */
export interface EventSink<in Event> {
  emit(event: Event): void;
}

/** How the observer's log keeps an event: with its place in the run, its time and who said it. */
export interface EventEnvelope<out Event> {
  /** 1, 2, 3 ... in the order in which they were emitted. */
  readonly sequence: number;
  /** Milliseconds since 1970, by the world's clock. */
  readonly atMs: number;
  /** The actor that emitted it, for example `esx-1`. */
  readonly source: string;
  readonly event: Event;
}
