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

/** The limits that hold unless a caller sets its own. */
export const defaultLimits: Limits = {
  messageBytes: 1024 * 1024,
  depth: 32,
  items: 10_000,
  batchItems: 128,
  batchItemIdBytes: 64,
  bigIntegerBytes: 4096,
};
