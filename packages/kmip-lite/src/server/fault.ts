import { KmipError } from '../errors.js';

/** An error that no part of the server expected: our own mistake, a library's, or a full disk in a strange place. */
export interface Fault {
  readonly error: unknown;
  /** Operation under way, undefined outside of batch items. */
  readonly operation?: string | undefined;
}

/** Told of a fault after it was turned into an answer or a closed connection. */
export type FaultSink = (fault: Fault) => void;

/** What a client is told of a fault: nothing of its cause, which may name paths or hold bytes. */
export function generalFailure(): KmipError {
  return new KmipError('GeneralFailure', 'The server could not do this; its log says more.');
}

/** Tells of a fault; a sink that fails itself changes nothing. */
export function report(onFault: FaultSink | undefined, fault: Fault): void {
  try {
    onFault?.(fault);
  } catch {
    // The border must hold, whatever the observer does.
  }
}
