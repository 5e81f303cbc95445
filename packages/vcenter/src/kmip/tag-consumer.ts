import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyId } from '@vcryptsim/ports';
import { type TagOutcome, tagKey } from './tag-key.js';

/** Who a key is for. */
export interface KeyConsumer {
  readonly component: 'ESXi Server' | 'Virtual Machine';
  /** Hardware UUID of the host, or instance UUID of the VM. */
  readonly identifier: string;
  /** Name of the host or VM. */
  readonly name: string;
}

/** Step 4 of a new key: says whom it is for (facts/kmip.md part 2, step 4). */
export function tagConsumer(session: KmipSession, keyId: KeyId, consumer: KeyConsumer): Promise<TagOutcome> {
  return tagKey(session, keyId, [
    ['x-Identifier', consumer.identifier],
    ['x-Component', consumer.component],
    ['x-Name', consumer.name],
  ]);
}
