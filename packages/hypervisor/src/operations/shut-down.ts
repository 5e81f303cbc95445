import type { HostContext } from '../host/host-context.js';

/**
 * Cuts the power: a shutdown, a reboot and a crash are the same to what is in memory. Disposes of every key, stops
 * what is under way at its next file operation, closes every file. From then on the host and its open devices reject
 * with HOST_GONE. It is no `HostOperation`: it ends what those live in, and a second time does nothing.
 */
export async function shutDown({ life, keys, inventory, events, files, identity }: HostContext): Promise<void> {
  if (life.over) return;
  life.end();
  try {
    for (const vm of inventory.all()) vm.running?.forget();
  } finally {
    keys.dispose();
  }
  await files.release();
  events.emit({ type: 'HOST_GONE', incarnation: identity.incarnation });
}
