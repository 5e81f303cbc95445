import { everyWallMs } from './wall.js';

const STALE_AFTER_SECONDS = 2;
const HELD_AFTER_SECONDS = 60;

/** Real work under way whose ends will come as events; while any is open, virtual time stands still. */
export class Holds {
  readonly #labels = new Map<symbol, string>();

  get any(): boolean {
    return this.#labels.size > 0;
  }

  /** Opens a hold. Returns its release, which calls `onRelease` once. */
  open(label: string, onRelease: () => void): () => void {
    const id = Symbol(label);
    this.#labels.set(id, label);
    return () => {
      if (this.#labels.delete(id)) onRelease();
    };
  }

  /**
   * Looks once a real second for holds that make no progress. Returns the end of the watch.
   *
   * @param stamp counts real events; while it stays the same, nothing has happened
   * @param onStale told the open labels after two seconds without progress
   * @param onHeld told them after a minute: an adapter forgot a release
   */
  watch(
    stamp: () => number,
    onStale: (labels: readonly string[]) => void,
    onHeld: (labels: readonly string[]) => void,
  ): () => void {
    let stampSeen = -1;
    let staleSeconds = 0;
    return everyWallMs(1000, () => {
      staleSeconds = this.any && stamp() === stampSeen ? staleSeconds + 1 : 0;
      stampSeen = stamp();
      if (staleSeconds === STALE_AFTER_SECONDS) onStale([...this.#labels.values()]);
      if (staleSeconds === HELD_AFTER_SECONDS) onHeld([...this.#labels.values()]);
    });
  }
}
