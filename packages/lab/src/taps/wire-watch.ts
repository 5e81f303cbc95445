import type { TapConnection, TapFrame } from '@vcryptsim/simkit';
import { ByteScanner, NeedleSet } from '@vcryptsim/simkit/scan';

/** A secret seen on a wire, above TLS. */
export interface WireMatch {
  readonly needle: string;
  /** `vcenter -> kms-1`, in the direction of the bytes. */
  readonly where: string;
  /** Place in the bytes of that direction, from the first that was watched. */
  readonly offsetBytes: number;
}

/** Looks for secrets in what passes a tap, also across the borders of its pieces. */
export class WireWatch {
  #needles: () => NeedleSet;
  readonly #streams = new Map<TapConnection, Map<string, ByteScanner>>();
  #matches: WireMatch[] = [];
  /** Names of all needles that were ever found. */
  readonly #seen = new Set<string>();

  constructor() {
    const none = new NeedleSet();
    this.#needles = () => none;
  }

  /**
   * @param needles answers one set, with all to look for now in it; asked at each frame, because keys are made while the
   *   run goes on
   */
  lookFor(needles: () => NeedleSet): void {
    this.#needles = needles;
  }

  /** Looks at a frame. */
  look({ connection, direction, bytes }: TapFrame): void {
    const { from, to } = connection;
    const where = direction === 'to-server' ? `${from} -> ${to}` : `${to} -> ${from}`;
    const found = this.#scannerOf(connection, direction).scan(bytes);
    for (const { needle, offsetBytes } of found) {
      this.#matches.push({ needle, where, offsetBytes });
      this.#seen.add(needle);
    }
  }

  /** Lets go of a connection that ended. Its scanners' windows held what passed, keys among it, and are zeroed. */
  forget(connection: TapConnection): void {
    for (const scanner of this.#streams.get(connection)?.values() ?? []) scanner.restart();
    this.#streams.delete(connection);
  }

  /** What was found since the last call. */
  take(): readonly WireMatch[] {
    const matches = this.#matches;
    this.#matches = [];
    return matches;
  }

  /** Says whether a needle whose name begins so has ever been found. */
  hasSeen(beginning: string): boolean {
    return [...this.#seen].some((name) => name.startsWith(beginning));
  }

  #scannerOf(connection: TapConnection, direction: string): ByteScanner {
    const needles = this.#needles();
    const streams = this.#streams.get(connection) ?? new Map<string, ByteScanner>();
    this.#streams.set(connection, streams);
    const scanner = streams.get(direction) ?? new ByteScanner(needles);
    streams.set(direction, scanner);
    return scanner;
  }
}
