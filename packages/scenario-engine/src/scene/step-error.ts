import { ClockError } from '@vcryptsim/ports';

/** What a step was refused with. */
export interface StepError {
  readonly code: string;
  readonly message: string;
  /** Privilege that was missing, where that was the reason. */
  readonly privilege: string | null;
  /** Reference of the object that it is about, such as `group-v3`, where the refusal names one. */
  readonly object: string | null;
  /** Name of that object. */
  readonly objectName: string | null;
  /** Key of the product's message, where the refusal has one. */
  readonly messageKey: string | null;
}

/**
 * What a step was refused with, from what it threw.
 *
 * @throws the same where it has no code, a mistake of ours; ClockError when the world is stuck
 */
export function stepErrorOf(error: unknown): StepError {
  const coded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  if (!coded || (error instanceof ClockError && error.code !== 'TIMED_OUT')) throw error;
  const code = String(error.code);
  if (code.startsWith('ERR_')) throw error;
  const fault = 'fault' in error && typeof error.fault === 'object' && error.fault !== null ? error.fault : {};
  const field = (name: string): string | null => {
    const value = (fault as Readonly<Record<string, unknown>>)[name];
    return typeof value === 'string' ? value : null;
  };
  return {
    ...{ code, message: error.message, privilege: field('privilege'), object: field('object') },
    ...{ objectName: field('name') ?? field('vm') ?? field('host'), messageKey: field('messageKey') },
  };
}
