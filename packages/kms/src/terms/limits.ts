/** Bounds on what clients may take of a node (facts/reliability.md section 3.2). */
export const limits = {
  /** From the TCP connection to the end of the handshake. */
  handshakeMs: 10_000,
  /** From the handshake to the first byte of the first request. */
  firstRequestMs: 10_000,
  /** From a request's first byte to its last. */
  messageMs: 10_000,
  /** Between requests. */
  idleMs: 300_000,
  /** Until a client has taken an answer. */
  writeMs: 10_000,
  /** Connections under way without a judged certificate; the oldest goes first. */
  unauthenticatedMax: 256,
  /** Of these, from one address, once they are slow. */
  unauthenticatedPerAddressMax: 16,
  /** A client's certificates together. */
  chainBytes: 16 * 1024,
  /** Judged connections of one node. */
  connectionsMax: 512,
  /** Judged connections of one client on one node. */
  connectionsPerClientMax: 64,
  /** How long a leader waits for news before it tells a follower that there is none. */
  newsWaitMs: 10_000,
  /** Until a follower that lost its leader tries again. */
  relinkMs: 1_000,
  /** The same when an administrator is needed first. */
  relinkRefusedMs: 60_000,
} as const;
