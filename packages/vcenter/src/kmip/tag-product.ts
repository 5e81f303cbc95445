import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyId } from '@vcryptsim/ports';
import type { ConversationProfile } from './conversation-profile.js';
import { type TagOutcome, tagKey } from './tag-key.js';

/** Step 2 of a new key: says which product made it (facts/kmip.md part 2, step 2). */
export function tagProduct(session: KmipSession, keyId: KeyId, profile: ConversationProfile): Promise<TagOutcome> {
  return tagKey(session, keyId, [
    ['x-Product_Version', profile.productVersion],
    ['x-Vendor', profile.vendor],
    ['x-Product', profile.product],
  ]);
}
