import { exists, type FileSystem, readWhole, replaceFile } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';

/*
 * A file outside a key server's folder that remembers how far its store was: an old copy of the whole folder is told from
 * the right one by it. One object of JSON, replaced after each write of the store and before that is answered:
 *
 *   {"format":"vcryptsim kms anchor 1","store":"<UUID>","write":41,"chain":"<hex>","audit":{"n":77,"hash":"<hex>"}}
 *
 * `write` and `chain` are the number and the chain's value of the last frame (journal-format.ts); `audit` is the last
 * line of the audit log that was durable then.
 */
const FORMAT = 'vcryptsim kms anchor 1';
const FILE_BYTES_MAX = 4096;

/** A line of the audit log. */
export interface AnchoredLine {
  readonly n: number;
  readonly hash: string;
}

/** What an anchor says. */
export interface AnchorState {
  readonly store: string;
  readonly write: number;
  /** Hex. */
  readonly chain: string;
  readonly audit: AnchoredLine;
}

/** A store's memory outside its folder. */
export class Anchor {
  #audit: () => AnchoredLine;

  private constructor(
    private readonly files: FileSystem,
    readonly path: string,
    /** What the file said when it was opened; null when there was none. */
    readonly known: AnchorState | null,
  ) {
    this.#audit = () => known?.audit ?? { n: 0, hash: '0'.repeat(64) };
  }

  /** Reads the file, which is made at the first write. Throws KmsError ANCHOR_MALFORMED; FileError. */
  static async open(files: FileSystem, path: string): Promise<Anchor> {
    if (!(await exists(files, path))) return new Anchor(files, path, null);
    const known = parse(new TextDecoder().decode(await readWhole(files, path, FILE_BYTES_MAX)));
    if (known) return new Anchor(files, path, known);
    throw new KmsError(
      'ANCHOR_MALFORMED',
      `${path} is no anchor of a key server.`,
      'Name the right file with --anchor FILE, or delete it to begin a new one.',
    );
  }

  /** Takes the audit log's last line from somewhere from now on. */
  watchAudit(audit: () => AnchoredLine): void {
    this.#audit = audit;
  }

  /** Replaces the file. Throws FileError. */
  note(o: { readonly store: Uint8Array; readonly write: number; readonly chain: Uint8Array }): Promise<void> {
    const store = new TextDecoder().decode(o.store);
    const state = { format: FORMAT, store, write: o.write, chain: hexOf(o.chain), audit: this.#audit() };
    return replaceFile(this.files, this.path, new TextEncoder().encode(`${JSON.stringify(state)}\n`), 0o600);
  }

  /** Refuses what is not the store that the file knows. Throws KmsError ANCHOR_MISMATCH. */
  refuse(why: string): never {
    throw new KmsError(
      'ANCHOR_MISMATCH',
      `The store is not the one that ${this.path} knows: ${why}.`,
      'If an old copy was put back, bring the right one. If that was your own doing, delete the anchor and start again.',
    );
  }
}

/** Bytes as an anchor says them. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function parse(text: string): AnchorState | null {
  try {
    const { format, store, write, chain, audit } = JSON.parse(text) as Record<string, unknown>;
    const { n, hash } = audit as Record<string, unknown>;
    const isOurs = format === FORMAT && typeof store === 'string' && typeof chain === 'string';
    if (!isOurs || typeof write !== 'number' || typeof n !== 'number' || typeof hash !== 'string') return null;
    return { store, write, chain, audit: { n, hash } };
  } catch {
    return null;
  }
}
