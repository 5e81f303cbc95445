import type { VCenterVersion } from '../settings.js';

/** What differs between vCenter versions on the wire to a key server. */
export interface ConversationProfile {
  /** How well it is known. */
  readonly label: string;
  readonly productVersion: string;
  readonly vendor: string;
  readonly product: string;
}

/**
 * vCenter 7.0.3 build-19480866, from a published debug log of a key server (facts/kmip.md part 2). The header is KMIP
 * 1.1 whatever the server offers; a credential is sent only where a user name is configured.
 */
const VCENTER_7_0_3: ConversationProfile = {
  label: '7.0.3 as observed',
  productVersion: '7.0.3 build-19480866',
  vendor: 'VMware, Inc.',
  product: 'VMware vSphere',
};

/** The profile of each version. Others are assumed to differ in the product version alone, once their build is known. */
export const CONVERSATION_PROFILES: Readonly<Record<VCenterVersion, ConversationProfile>> = { '7.0.3': VCENTER_7_0_3 };
