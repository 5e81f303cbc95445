import { constants, X509Certificate } from 'node:crypto';
import type net from 'node:net';
import { isIP } from 'node:net';
import tls from 'node:tls';
import {
  type ConnectOptions,
  NetworkError,
  type PeerCertificate,
  type PeerJudge,
  type TlsFacts,
  type TlsIdentity,
} from '../../network.js';

/**
 * TLS 1.3, then ECDHE, then RSA key exchange with CBC: real vCenters and appliances of the field still offer nothing
 * better (design.md section 8). OpenSSL's names.
 */
const SUITES = [
  'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA',
  'AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA',
].join(':');

// OpenSSL judges no certificate, because it knows only the wall's time: the judge does, before anything is handed up.
// The proof that the peer owns the key of its certificate stays OpenSSL's. This file is the only one that may say so.
const JUDGED_BY_US = { requestCert: true, rejectUnauthorized: false } as const;

// OpenSSL decrypts a record where it read it, and leaves it there until the next one: a KEK would stay behind. With
// SSL_OP_CLEANSE_PLAINTEXT (OpenSSL 3.0, a name that Node does not export) it zeroes the record once it is handed on.
const CLEANSE_PLAINTEXT = 1 << 1;

const VERSIONS = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: SUITES,
  secureOptions: CLEANSE_PLAINTEXT,
} as const;

// Node's own limit runs in real time, and 0 would mean 120 s; ours is the listener's (virtual) one.
const NODE_HANDSHAKE_TIMEOUT_MS = 2 ** 31 - 1;

// Nobody resumes: each peer proves itself anew. A ticket would cost a tenth of a handshake, since OpenSSL parses the
// client's certificate again for it.
// A client that could renegotiate under TLS 1.2 could also have the server work for nothing, over and over.
const ONE_HANDSHAKE = {
  secureOptions: VERSIONS.secureOptions | constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
} as const;

/** Client contexts by identity: to build one costs as much as half a handshake. */
export class Contexts {
  readonly #contexts = {
    'TLSv1.2': new WeakMap<TlsIdentity, tls.SecureContext>(),
    'TLSv1.3': new WeakMap<TlsIdentity, tls.SecureContext>(),
  } as const;

  /** @throws NetworkError TLS_FAILED when key and certificate do not belong together */
  of({ identity, newestTls: maxVersion = VERSIONS.maxVersion }: ConnectOptions): tls.SecureContext {
    const known = this.#contexts[maxVersion].get(identity);
    if (known) return known;
    const context = told(() => tls.createSecureContext({ ...VERSIONS, maxVersion, ...credentials([identity]) }));
    this.#contexts[maxVersion].set(identity, context);
    return context;
  }
}

/**
 * Makes a server that shakes hands with whom it accepts. Several identities must be of different key types.
 *
 * @throws NetworkError TLS_FAILED when a key and its certificate do not belong together
 */
export function createServer(identities: readonly TlsIdentity[]): tls.Server {
  const options = { ...VERSIONS, ...ONE_HANDSHAKE, ...credentials(identities), ...JUDGED_BY_US };
  return told(() => tls.createServer({ ...options, handshakeTimeout: NODE_HANDSHAKE_TIMEOUT_MS }));
}

/** Begins the client's handshake on a connected socket. `host` is named to the server unless it is an address. */
export function beginHandshake(raw: net.Socket, secureContext: tls.SecureContext, host: string | null): tls.TLSSocket {
  const named = host !== null && isIP(host) === 0 ? { servername: host } : {};
  return tls.connect({ socket: raw, secureContext, ...named, ...JUDGED_BY_US });
}

/** What the two sides agreed on; null before they have. */
export function agreedIn(socket: tls.TLSSocket): TlsFacts | null {
  const version = socket.getProtocol();
  // OpenSSL's own name is another one before TLS 1.3.
  return version === null ? null : { version, suite: socket.getCipher().standardName };
}

/** Asks the judge about the chain that the peer sent, which may be empty. */
export async function judgePeer(socket: tls.TLSSocket, judge: PeerJudge): Promise<PeerCertificate> {
  const chain: Uint8Array[] = [];
  const seen = new Set<string>();
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  // A self-signed certificate is its own issuer.
  while (certificate && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    chain.push(new Uint8Array(certificate.raw));
    certificate = certificate.issuerCertificate;
  }
  return judge(chain);
}

function credentials(identities: readonly TlsIdentity[]): { key: string[]; cert: string[] } {
  const proven = identities.filter((identity) => identity.chain.length > 0);
  return {
    key: proven.map(({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    cert: proven.map(({ chain }) => chain.map((der) => new X509Certificate(der).toString()).join('')),
  };
}

function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new NetworkError('TLS_FAILED', `this identity cannot be used for TLS (${reason}); is it the right key?`);
  }
}
