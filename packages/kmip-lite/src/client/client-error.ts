/** Why a conversation with a key server did not end well. */
export type KmipClientErrorCode =
  | 'TIMED_OUT' // no connection or no whole answer in time
  | 'CONNECTION_CLOSED' // the server ended the connection before its answer
  | 'PROTOCOL' // the answer is not one that KMIP allows here; nothing of it was used
  | 'OPERATION_FAILED'; // the server answered that it did not do it

/** A request that brought no usable answer. Holds no byte of any message. */
export class KmipClientError extends Error {
  override readonly name = 'KmipClientError';
  /** Name of the Result Reason, or its number in hexadecimal when KMIP 1.1 has no name for it; OPERATION_FAILED only. */
  readonly reason?: string | undefined;
  /** The server's own words, cut to 256 characters, control characters taken out; OPERATION_FAILED only. */
  readonly resultMessage?: string | undefined;

  /** Bytes of the answer that came before its end was missing; TIMED_OUT and CONNECTION_CLOSED only. */
  readonly answerBytes: number;

  constructor(
    readonly code: KmipClientErrorCode,
    message: string,
    failure?: {
      readonly reason?: string;
      readonly resultMessage?: string | undefined;
      readonly answerBytes?: number;
    },
  ) {
    super(message);
    this.answerBytes = failure?.answerBytes ?? 0;
    this.reason = failure?.reason;
    this.resultMessage = failure?.resultMessage;
  }
}
