import type { StructureCodec } from '../message/structure-codec.js';

/** Both payloads of an operation (KMIP 1.1 section 4), in both directions. */
export interface OperationCodec<Request, Response> {
  readonly request: StructureCodec<Request>;
  readonly response: StructureCodec<Response>;
  /**
   * What a success leaves in the ID Placeholder (section 4): an identifier, null to empty it. Missing where the operation
   * leaves it as it is.
   */
  readonly placeholder?: (response: Response) => string | null;
  /** The response names another object than the request: the one that was made of it. */
  readonly makesAnother?: true;
}
