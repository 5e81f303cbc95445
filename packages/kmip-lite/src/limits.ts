/** Bounds on what a peer may send (facts/reliability.md section 3.2; design.md section 8). */
export interface Limits {
  /** Whole message with its 8-byte head. */
  readonly messageBytes: number;
  /** Structures inside structures; the message itself is the first. */
  readonly depth: number;
  /** Items of one message, structures among them. */
  readonly items: number;
  /** Batch items of one message. */
  readonly batchItems: number;
  /** A Unique Batch Item ID. */
  readonly batchItemIdBytes: number;
  /** A Big Integer. */
  readonly bigIntegerBytes: number;
}

/** Identifiers that one Locate answers with at most. */
export const LOCATED_MAX = 10_000;

/** The limits that hold unless a caller sets its own. */
export const defaultLimits: Limits = {
  messageBytes: 1024 * 1024,
  depth: 32,
  items: 10_000,
  batchItems: 128,
  batchItemIdBytes: 64,
  bigIntegerBytes: 4096,
};

/**
 * What an answer may be: a server of ours sends no longer one, and a client of ours takes it. A whole Locate fits, and
 * the largest object that a request could bring.
 */
export const answerLimits: Limits = { ...defaultLimits, messageBytes: 2 * 1024 * 1024, items: 4 * LOCATED_MAX };
