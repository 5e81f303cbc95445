import { KmipClientError } from '@vcryptsim/kmip-lite/client';
import { codeOf } from '../terms/errors.js';

/**
 * Code of a step that failed at a key server: the KMIP result reason where the server gave one (`ItemNotFound`), else
 * the code of whatever failed (`REFUSED`, `TIMED_OUT`, `EXPIRED` ...), or null when it is a mistake of ours.
 */
export function failureCode(error: unknown): string | null {
  if (error instanceof KmipClientError && error.code === 'OPERATION_FAILED') return error.reason ?? error.code;
  return codeOf(error);
}

/** Says whether a server answered that it has no such key. */
export function isItemNotFound(code: string): boolean {
  return code === 'ItemNotFound';
}

/** Says whether the server itself answered so, and not the way to it failed. */
export function isAnswer(error: unknown): boolean {
  return error instanceof KmipClientError && error.code === 'OPERATION_FAILED';
}
