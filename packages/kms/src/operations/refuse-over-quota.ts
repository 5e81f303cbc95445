import { KmsError } from '../terms/errors.js';
import { defaultQuotas } from '../terms/quotas.js';
import type { Call } from './operation-context.js';

/**
 * Refuses what a client would keep beyond its quotas. Messages on other connections may be under way: a client can be
 * over by what those bring, and no more.
 *
 * @param objects how many more it would keep
 * @param bytes how many more they would take
 * @throws KmsError QUOTA_OBJECTS, QUOTA_BYTES
 */
export function refuseOverQuota(call: Call, objects: number, bytes: number): void {
  const { store, client, quotas = defaultQuotas } = call.context;
  const usage = store.usageOf(client);
  if (objects > 0 && usage.objects + objects > quotas.objects) {
    throw new KmsError('QUOTA_OBJECTS', `A client keeps at most ${quotas.objects} objects.`);
  }
  if (bytes > 0 && usage.bytes + bytes > quotas.bytes) {
    throw new KmsError('QUOTA_BYTES', `The objects of a client take at most ${quotas.bytes} bytes.`);
  }
}
