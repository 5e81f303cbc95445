import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { messageBytes } from './answer-frames.js';

/** Where a server is and how a client proves itself to it. */
export interface ServerAccess {
  readonly host: string;
  readonly port: number;
  /** Folder with `ca.pem`, `cert.pem` and `key.pem`, as `kms client add` makes it. */
  readonly identity: string;
  /** Limits the client to TLS 1.2 with AES128-SHA256, the suite that PyKMIP's server and a real vCenter agree on. */
  readonly onlyTls12?: boolean;
}

/**
 * A KMIP connection that does as little as a client can: whole frames out, whole frames in, nothing decoded, so that
 * the figures are the server's. The server's certificate is verified by its authority and name.
 */
export class RawConnection {
  readonly #socket: tls.TLSSocket;
  #waiting: { resolve(answer: Uint8Array): void; reject(error: Error): void } | null = null;
  #received: Uint8Array = new Uint8Array(0);

  private constructor(socket: tls.TLSSocket) {
    this.#socket = socket;
    socket.on('data', (chunk: Uint8Array) => this.#take(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the server ended the connection before its answer')));
  }

  /** Connects and shakes hands in full; sessions are not resumed, as vCenter resumes none. */
  static async open(access: ServerAccess, secureContext: tls.SecureContext): Promise<RawConnection> {
    const { host, port } = access;
    const socket = tls.connect({ host, port, secureContext });
    socket.setNoDelay(true);
    await once(socket, 'secureConnect');
    return new RawConnection(socket);
  }

  /** Negotiated version and suite, and the server's kind of key: `TLSv1.3 TLS_AES_256_GCM_SHA384 RSA`. Not for each turn. */
  get tls(): string {
    const kind = this.#socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType ?? 'unknown';
    return `${this.#socket.getProtocol()} ${this.#socket.getCipher().name} ${kind.toUpperCase()}`;
  }

  /** Sends one request and waits for the whole answer, which is valid until the next exchange. */
  exchange(request: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  /** Ends the connection in order, without waiting for the server's end. */
  close(): void {
    this.#socket.end();
  }

  #take(chunk: Uint8Array): void {
    const all = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const wanted = messageBytes(all);
    if (wanted === null || all.length < wanted) {
      this.#received = all;
      return;
    }
    this.#received = all.subarray(wanted);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(all.subarray(0, wanted));
  }
}

/** What a client shows and trusts; made once for all connections of a process. */
export function clientContext({ identity, onlyTls12 }: ServerAccess): tls.SecureContext {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFileSync(join(identity, name)));
  const limits = onlyTls12 === true ? { maxVersion: 'TLSv1.2' as const, ciphers: 'AES128-SHA256' } : {};
  return tls.createSecureContext({ ...{ ca, cert, key }, ...limits } as tls.SecureContextOptions);
}
