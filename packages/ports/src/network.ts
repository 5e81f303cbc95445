import type { KeyObject } from 'node:crypto';

/** Where a peer is: a name inside the world's own address book, or a declared address of another process. */
export type NetworkAddress = { readonly name: string } | { readonly host: string; readonly port: number };

/** What one side shows the other: its certificate, with the chain above it, and the key that proves it. */
export interface TlsIdentity {
  /** DER, leaf first, then the issuers it sends along. */
  readonly chain: readonly Uint8Array[];
  readonly privateKey: KeyObject;
}

/** A peer that was judged and accepted. Its facts come from the certificate it proved to own. */
export interface PeerCertificate {
  /** RFC 4514 text of the subject, for people. */
  readonly subject: string;
  /** SHA-256 of the leaf certificate's DER, lower-case hex. */
  readonly fingerprintSha256: string;
  /** SHA-256 of the leaf's SubjectPublicKeyInfo, lower-case hex: what an identity is bound to. */
  readonly publicKeySha256: string;
  /** Subject alternative names, as `dns:NAME`, `ip:ADDRESS` or `uri:URI`. */
  readonly alternativeNames: readonly string[];
  /** DER of the leaf. */
  readonly certificate: Uint8Array;
}

/**
 * Judges the other side's certificates before a byte is handed up: `pki.verifyPeer` with a trust set and a clock.
 * Rejects with an error that has a `code`; the connection is then closed. It runs while the clock is held, so it must
 * not await anything that the clock delivers (a task, a wait).
 */
export type PeerJudge = (chain: readonly Uint8Array[]) => Promise<PeerCertificate>;

/** How a connection ended. */
export type ChannelEnding = 'EOF' | 'RESET' | 'CLOSED';

/** What a TLS handshake agreed on, in OpenSSL's words. */
export interface TlsFacts {
  /** `TLSv1.2`, `TLSv1.3`. */
  readonly version: string;
  /** Name of the suite in the registry of IANA: `TLS_RSA_WITH_AES_128_CBC_SHA256`. */
  readonly suite: string;
}

/** One connection after its handshake. Reading and writing hold nothing: a silent peer costs only (virtual) time. */
export interface Channel {
  readonly peer: PeerCertificate;
  /** What the handshake agreed on; null where there was none or where this kind of channel does not know. */
  readonly tls?: TlsFacts | null;
  /** Bytes as they came, or null at the end of the stream. Throws NetworkError RESET or CLOSED. The buffer is the caller's. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when the peer's side has the bytes and room for them. The bytes must stay unchanged until then. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Has `run` told how the connection ended, at the time it does, also while nobody reads: EOF when the peer sends no
   * more (it may still read), RESET when it is gone, CLOSED by this side. EOF may be followed by another. Not every
   * kind of channel knows.
   */
  onEnd?(run: (ending: ChannelEnding) => void): void;
  /** Orderly end: everything written arrives, then the peer reads null. */
  close(): Promise<void>;
  /** A pulled plug: the peer gets RESET, and what was written in the same turn is lost. */
  abort(): Promise<void>;
}

/** How to connect. */
export interface ConnectOptions {
  readonly identity: TlsIdentity;
  readonly judge: PeerJudge;
  /** The newest version of TLS that is offered; default 1.3. A network without TLS ignores it. */
  readonly newestTls?: 'TLSv1.2' | 'TLSv1.3';
  /** Gives the attempt up when it fires. */
  readonly signal?: AbortSignal;
  /** ID of the operation for which it is opened: for those who watch; the peer does not see it. */
  readonly onBehalfOf?: string;
}

/** How to listen. */
export interface ListenOptions {
  /** One identity, or several of different key types (RSA and EC) from which the handshake picks. */
  readonly identities: readonly TlsIdentity[];
  readonly judge: PeerJudge;
  /** Takes each accepted, judged connection. When it rejects, that connection is aborted and `onFault` told. */
  readonly onChannel: (channel: Channel) => Promise<void>;
  /** Told of each connection that was closed before it was handed up, with the judge's code or NO_HANDSHAKE. */
  readonly onRefused?: (code: string) => void;
  /** Told of an error without a code, from the judge or `onChannel`: a mistake, which cost one connection only. */
  readonly onFault?: (error: unknown) => void;
  /** How long a connection may take to finish its handshake; default 10,000 ms. */
  readonly handshakeLimitMs?: number;
  /** How many connections may be under way without a judged certificate; the oldest goes first. Default 1,024. */
  readonly unauthenticatedMax?: number;
  /**
   * How many of them may come from one address; default any number. Those that came within the last second do not
   * count: a handshake takes milliseconds, and a good client may begin many at once.
   */
  readonly unauthenticatedPerAddressMax?: number;
}

/** An open door. */
export interface Listener {
  /** Where it listens really; for a name inside the world a loopback port that nobody else needs to know. */
  readonly address: { readonly host: string; readonly port: number };
  /** Takes the name out at once; connections that exist go on. */
  close(): Promise<void>;
}

/** Mutual TLS (1.2 and 1.3) between peers that prove who they are; or a stand-in with the same outcomes. */
export interface Network {
  connect(address: NetworkAddress, options: ConnectOptions): Promise<Channel>;
  listen(address: NetworkAddress, options: ListenOptions): Promise<Listener>;
}

/** How a connection can end or fail to begin. */
export type NetworkErrorCode =
  | 'REFUSED' // nobody listens there
  | 'UNREACHABLE' // no route, no such host
  | 'NAME_TOO_LONG' // for the file of a local socket
  | 'TLS_FAILED' // the handshake did not finish
  | 'RESET' // the other side reset the connection
  | 'CLOSED' // our own side was closed
  | 'ABORTED' // the connection attempt was canceled
  | 'ADDRESS_IN_USE' // the port to listen on is taken
  | 'NOT_PERMITTED'; // the system does not let us listen there

/** A connection that failed. The peer judge's own errors pass through unchanged. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  constructor(
    readonly code: NetworkErrorCode,
    message: string,
  ) {
    super(message);
  }
}
