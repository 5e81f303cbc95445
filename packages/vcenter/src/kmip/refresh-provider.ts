import type { KmipSession } from '@vcryptsim/kmip-lite/client';

/**
 * What vCenter asks a key server once its trust is set up, on a second connection after that of {@link pollHealth}:
 * Query for the server information and nothing else. An answer with just a vendor identification, or without, will do
 * (facts/kmip.md part 2, "Add/refresh of a key provider").
 *
 * @returns the vendor identification, or null
 */
export async function refreshProvider(session: KmipSession): Promise<string | null> {
  const { vendorIdentification } = await session.query(['QueryServerInformation']);
  return vendorIdentification ?? null;
}
