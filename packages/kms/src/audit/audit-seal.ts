import { timingSafeEqual } from 'node:crypto';
import type { Chain } from '../store/chain.js';

/** Who writes an audit log: a leader's lines and a follower's are of two logs under one root key. */
export type AuditWriter = 'leader' | 'follower';

const MAC_BYTES = 16;
const NOTHING = new Uint8Array(0);

/**
 * Marks lines of the audit log so that nobody without the root key can write one, nor change one and all after it.
 * A mark is the first half of an HMAC-SHA-256 under a key of its own, in hex.
 */
export class AuditSeal {
  readonly #chains: Readonly<Record<AuditWriter, Chain>>;

  /**
   * @param chainFor gives the chain of a purpose, under a key that comes from the root key
   * @param isInUse while it answers false, lines are neither marked nor judged: nobody knows yet whether the root key is
   *   the right one
   */
  constructor(
    chainFor: (purpose: string) => Chain,
    private readonly writer: AuditWriter,
    readonly isInUse: () => boolean = () => true,
  ) {
    this.#chains = { leader: chainFor('audit of a leader'), follower: chainFor('audit of a follower') };
  }

  /** The mark of a line. @param content the line up to its mark; it names the line before */
  markOf(content: string, writer: AuditWriter = this.writer): string {
    const mac = this.#chains[writer].next(NOTHING, content);
    return Buffer.from(mac.buffer, mac.byteOffset, MAC_BYTES).toString('hex');
  }

  /** Who marked a line so, or null when nobody who has the root key did. */
  writerOf(content: string, mark: string): AuditWriter | null {
    const given = Buffer.from(mark, 'hex');
    for (const writer of ['leader', 'follower'] as const) {
      const wanted = Buffer.from(this.markOf(content, writer), 'hex');
      if (given.length === wanted.length && timingSafeEqual(given, wanted)) return writer;
    }
    return null;
  }
}
