import { KMIP_1_1, KMIP_1_4, type ProtocolVersion } from '@vcryptsim/kmip-lite';

/**
 * How a clients' port can be told to speak: the newest version of KMIP of each profile. `vcenter-1.1` is the strict old
 * server, which knows nothing that came after 1.1.
 */
export const PROTOCOL_PROFILES = {
  'kmip-1.4': KMIP_1_4,
  'vcenter-1.1': KMIP_1_1,
} as const satisfies Readonly<Record<string, ProtocolVersion>>;

/** Name of a profile. */
export type ProtocolProfile = keyof typeof PROTOCOL_PROFILES;
