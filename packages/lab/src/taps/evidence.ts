import type { FileSystem } from '@vcryptsim/ports';
import { EventLog } from '@vcryptsim/simkit';
import { LineFile } from '../folder/line-file.js';
import type { RunPlaces } from '../folder/run-folder.js';
import type { KmipExchange } from './wire-transcript.js';

/** What a run leaves of itself while it goes on: `events.jsonl` and `wire.jsonl`, line by line. */
export class Evidence {
  readonly #events: LineFile;
  readonly #wire: LineFile;
  readonly #unsubscribe: () => void;
  #isClosed = false;

  private constructor(events: LineFile, wire: LineFile, log: EventLog) {
    this.#events = events;
    this.#wire = wire;
    this.#unsubscribe = log.subscribe((entry) => events.append(EventLog.lineOf(entry)));
  }

  /** @throws FileError; EXISTS where an earlier run left its own */
  static async make(files: FileSystem, folder: RunPlaces, log: EventLog): Promise<Evidence> {
    const events = await LineFile.make(files, folder.events);
    return new Evidence(events, await LineFile.make(files, folder.wire), log);
  }

  /** Goes on where an earlier process of the same lab ended. @throws FileError */
  static async goOn(files: FileSystem, folder: RunPlaces, log: EventLog): Promise<Evidence> {
    const events = await LineFile.goOn(files, folder.events);
    return new Evidence(events, await LineFile.goOn(files, folder.wire), log);
  }

  /** Notes what was asked over KMIP and what came of it; names and identifiers, never key material. */
  exchange(exchange: KmipExchange): void {
    if (!this.#isClosed) this.#wire.append(`${JSON.stringify(exchange)}\n`);
  }

  /** Waits until everything so far is written. @throws FileError when something could not be */
  async settle(): Promise<void> {
    await Promise.all([this.#events.settle(), this.#wire.settle()]);
  }

  /** Ends both files: what happens afterwards, as the world is taken down, is not part of the run. */
  async close(): Promise<void> {
    this.#unsubscribe();
    this.#isClosed = true;
    await this.#events.close();
    await this.#wire.close();
  }
}
