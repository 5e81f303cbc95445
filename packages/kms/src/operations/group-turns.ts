import { createHash } from 'node:crypto';
import type { ClientName } from '../terms/client-name.js';

/** Groups that are remembered: whose turn it is in others begins anew. */
const GROUPS_MAX = 1024;

/**
 * Whose turn it is among the default members of a client's groups: each time the next. Keeps a digest of the names, of
 * the groups that were asked for last; forgotten when the server stops.
 *
 * @param turns where they are kept
 * @param members how many the groups have now
 */
export function takeTurn(
  turns: Map<string, number>,
  client: ClientName,
  groups: readonly (string | undefined)[],
  members: number,
): number {
  if (members === 0) return 0;
  const key = createHash('sha256')
    .update(JSON.stringify([client, ...groups]))
    .digest('base64');
  const turn = (turns.get(key) ?? 0) % members;
  turns.delete(key);
  turns.set(key, turn + 1);
  const [oldest] = turns.keys();
  if (turns.size > GROUPS_MAX && oldest !== undefined) turns.delete(oldest);
  return turn;
}
