import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { setPriority } from 'node:os';
import type { KeyPair, KeyPairKind, KeyPairSource } from '../key-pairs.js';
import { opensslOptions } from './openssl-options.js';

/**
 * All that the process does. In: a line of JSON with type and options. Out: four bytes with the length, then the private
 * key as PKCS#8, which it zeroes; a length of 0 when there is no such pair.
 */
const PROGRAM = `
const { generateKeyPairSync } = require('node:crypto');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const length = Buffer.alloc(4);
  let der = Buffer.alloc(0);
  try {
    const [type, options] = JSON.parse(line);
    der = generateKeyPairSync(type, options).privateKey.export({ type: 'pkcs8', format: 'der' });
  } catch {}
  length.writeUInt32BE(der.length);
  process.stdout.write(length);
  process.stdout.write(der, () => der.fill(0));
}).on('close', () => process.exit());`;

const LENGTH_BYTES = 4;
const NICE = 10;

/** Why a pair that was asked for does not come. */
export class KeyPairsClosedError extends Error {
  override readonly name = 'KeyPairsClosedError';
  readonly code = 'KEY_PAIRS_CLOSED';
}

/** A pair that OpenSSL does not make. */
export class KeyPairFailedError extends Error {
  override readonly name = 'KeyPairFailedError';
  readonly code = 'KEY_PAIR_FAILED';
}

/**
 * Key pairs made in a process of their own, for a server. An RSA pair takes seconds, during which OpenSSL cannot be
 * stopped: on the process's own threads files would wait, and a thread of ours could not be ended either. A process is:
 * a pair that is given up costs nothing from then on, and nobody waits for it at the end. One at a time.
 */
export class ChildKeyPairs implements KeyPairSource {
  readonly atOnce = 1;
  #child: ChildProcess | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #giveUp: (error: Error) => void = () => {};

  /**
   * @param signal gives the pair up, also while it is being made
   * @throws KeyPairsClosedError when it was given up; KeyPairFailedError
   */
  generate(kind: KeyPairKind, signal?: AbortSignal): Promise<KeyPair> {
    const made = this.#last.then(() => this.#make(kind, signal));
    this.#last = made.catch(() => {});
    return made;
  }

  /** Gives up what is under way, and refuses what comes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#giveUp(closed());
    this.#end();
  }

  #make(kind: KeyPairKind, signal: AbortSignal | undefined): Promise<KeyPair> {
    if (this.#isClosed || signal?.aborted) return Promise.reject(closed());
    return new Promise<KeyPair>((resolve, reject) => {
      this.#child ??= start();
      const child = this.#child;
      const answer = new Answer();
      const settle = (run: () => void) => {
        child.stdout?.removeAllListeners('data');
        child.removeAllListeners('exit');
        signal?.removeEventListener('abort', onAbort);
        this.#giveUp = () => {};
        hold(child, false);
        run();
      };
      const giveUp = (error: Error) => {
        answer.clear();
        this.#end();
        settle(() => reject(error));
      };
      const onAbort = () => giveUp(closed());
      this.#giveUp = giveUp;
      signal?.addEventListener('abort', onAbort, { once: true });
      child.once('exit', () => giveUp(closed()));
      child.stdout?.on('data', (piece: Buffer) => {
        answer.take(piece);
        if (!answer.isWhole) return;
        settle(() => {
          try {
            resolve(answer.pair());
          } catch {
            reject(new KeyPairFailedError(`OpenSSL makes no key pair ${kind}`));
          }
        });
      });
      hold(child, true);
      child.stdin?.write(`${JSON.stringify(opensslOptions(kind))}\n`);
    });
  }

  #end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}

/** The bytes of one answer as they come; zeroed once they are a key. */
class Answer {
  #bytes: Buffer = Buffer.alloc(0);

  get isWhole(): boolean {
    return this.#bytes.length >= LENGTH_BYTES && this.#bytes.length >= LENGTH_BYTES + this.#bytes.readUInt32BE(0);
  }

  take(piece: Buffer): void {
    const before = this.#bytes;
    this.#bytes = Buffer.concat([before, piece]);
    before.fill(0);
    piece.fill(0);
  }

  /** Throws when no pair was made. */
  pair(): KeyPair {
    try {
      const privateKey = createPrivateKey({ key: this.#bytes.subarray(LENGTH_BYTES), format: 'der', type: 'pkcs8' });
      return { privateKey, publicKey: createPublicKey(privateKey) };
    } finally {
      this.clear();
    }
  }

  clear(): void {
    this.#bytes.fill(0);
  }
}

function start(): ChildProcess {
  const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', 'pipe', 'ignore'], env: {} });
  child.on('error', () => {}); // its exit is what counts
  child.stdin?.on('error', () => {});
  if (child.pid !== undefined) lowerPriority(child.pid);
  return child;
}

/** Others' answers go first. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, NICE);
  } catch {
    // It has ended, or the system does not let us: then it competes.
  }
}

/** Whether the process keeps ours from ending. */
function hold(child: ChildProcess, isHeld: boolean): void {
  const pipes = [child.stdin, child.stdout] as unknown as readonly ({ ref(): void; unref(): void } | null)[];
  for (const one of [child, ...pipes]) isHeld ? one?.ref() : one?.unref();
}

function closed(): KeyPairsClosedError {
  return new KeyPairsClosedError('the key pair was given up');
}
