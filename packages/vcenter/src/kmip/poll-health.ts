import type { KmipSession } from '@vcryptsim/kmip-lite/client';

/**
 * The health poll, after its connection's first Discover Versions: a second one, this time with a Unique Batch Item ID
 * (facts/kmip.md part 2, "Health poll").
 */
export async function pollHealth(session: KmipSession): Promise<void> {
  await session.discoverVersions();
}
