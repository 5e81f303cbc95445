import { createHook } from 'node:async_hooks';
import type { VirtualClock } from '@vcryptsim/simkit';

// Work of other threads whose end comes as an event (Node's types; `getActiveResourcesInfo` does not show them all).
const THREAD_WORK =
  /^(FSREQ|FILEHANDLE|HASHREQUEST|SIGNREQUEST|CIPHERREQUEST|DERIVEBITSREQUEST|KEY\w*REQUEST|RANDOM\w*REQUEST|WORKER)/;

/**
 * Watches for work that other threads begin while the clock is not held: virtual time would run away from it. The tidy
 * test that bans such calls is the first fence, this is the second.
 *
 * @returns what was found, and the end of the watch
 */
export function watchForUnheldWork(clock: VirtualClock): { readonly found: string[]; stop(): void } {
  const found: string[] = [];
  const hook = createHook({
    init(_id, type) {
      if (THREAD_WORK.test(type) && !clock.held) found.push(type);
    },
  }).enable();
  return { found, stop: () => hook.disable() };
}
