import { textAttribute } from '@vcryptsim/kmip-lite';
import { KmipClientError, type KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyId } from '@vcryptsim/ports';

/** What became of tags. */
export type TagOutcome = 'tagged' | 'refused';

/**
 * Reads the attributes one by one (absent is an empty answer), then adds all of them in one message. A server that
 * cannot add attributes is tolerated: the key is used untagged (facts/kmip.md part 2, step 5). It may refuse each item
 * by itself or answer so that the whole batch is lost; both are a refusal. Everything else rejects.
 *
 * @param tags names and texts, in the order of the messages
 */
export async function tagKey(
  session: KmipSession,
  uniqueIdentifier: KeyId,
  tags: readonly (readonly [name: string, value: string])[],
): Promise<TagOutcome> {
  for (const [name] of tags) await session.getAttributes(uniqueIdentifier, [name]);
  try {
    const results = await session.batch(
      tags.map(([name, value]) => ({
        operation: 'AddAttribute',
        payload: { uniqueIdentifier, attribute: textAttribute(name, value) },
      })),
    );
    return results.every((result) => result.status === 'Success') ? 'tagged' : 'refused';
  } catch (error) {
    if (error instanceof KmipClientError && (error.code === 'OPERATION_FAILED' || error.code === 'PROTOCOL')) {
      return 'refused';
    }
    throw error;
  }
}
