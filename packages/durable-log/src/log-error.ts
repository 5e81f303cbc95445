import { FileError } from '@vcryptsim/ports';

/** Why a log cannot be read or written. */
export type LogErrorCode =
  | 'LOG_FOREIGN' // the file is no log, or another owner's, or of another version of the format
  | 'LOG_DAMAGED' // it is not whole at a place before its end
  | 'LOG_DISORDERED' // what is at a place is whole, and is not what was written after what is before it
  | 'LOG_UNWRITABLE' // what was to be written is not durable
  | 'LOG_FULL' // the log would be longer than its limit
  | 'RECORD_TOO_LARGE';

/**
 * What was under way when a log became unwritable: the write of new bytes, the overwriting of old ones, an fsync, the
 * fsync of the folder after a rename; or an earlier fsync, after which all is refused.
 */
export type During = 'write' | 'overwrite' | 'sync' | 'place' | 'earlier';

/** What a {@link LogError} is about. */
export interface LogErrorFields {
  readonly path?: string;
  /** Where the damage begins. */
  readonly offsetBytes?: number;
  readonly during?: During;
  /** The format that a foreign file says it has; null when it says none. */
  readonly found?: string | null;
  readonly limitBytes?: number;
  readonly cause?: unknown;
}

/** A log that cannot be read or written. The owner maps it to an error of its own. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly path: string | undefined;
  readonly offsetBytes: number | undefined;
  readonly during: During | undefined;
  readonly found: string | null | undefined;
  readonly limitBytes: number | undefined;

  constructor(
    readonly code: LogErrorCode,
    fields: LogErrorFields,
  ) {
    super(sentence(code, fields), fields.cause === undefined ? {} : { cause: fields.cause });
    this.path = fields.path;
    this.offsetBytes = fields.offsetBytes;
    this.during = fields.during;
    this.found = fields.found;
    this.limitBytes = fields.limitBytes;
  }
}

/** Nothing was made durable. */
export function unwritable(during: During, cause?: unknown): LogError {
  return new LogError('LOG_UNWRITABLE', { during, cause });
}

function sentence(code: LogErrorCode, { path, offsetBytes, cause, found, limitBytes }: LogErrorFields): string {
  switch (code) {
    case 'LOG_FOREIGN':
      return `${path} is not the log that is expected: ${found ? `it is a ${found}` : 'it does not begin as one'}.`;
    case 'LOG_DAMAGED':
      return `${path} is damaged at byte ${offsetBytes}, before its end.`;
    case 'LOG_DISORDERED':
      return `What is at byte ${offsetBytes} of ${path} is not what was written after what is before it.`;
    case 'LOG_UNWRITABLE':
      return `The log cannot be written: ${cause instanceof FileError ? cause.code : 'a write failed'}.`;
    case 'LOG_FULL':
      return `The log ${path} would be longer than ${limitBytes} bytes.`;
    case 'RECORD_TOO_LARGE':
      return `A change of the log ${path} is longer than ${limitBytes} bytes.`;
  }
}
