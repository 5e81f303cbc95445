/** What a vCenter says of itself on the wire to a key server. */
export interface ConversationProfile {
  /** How well it is known. */
  readonly label: string;
  readonly productVersion: string;
  readonly vendor: string;
  readonly product: string;
}

/**
 * vCenter 7.0.3 build-19480866, from a published debug log of a key server (facts/kmip.md part 2). The header is KMIP
 * 1.1 whatever the server offers; a credential is sent only where a user name is configured. Every release speaks so here:
 * no other conversation was ever published (docs/fidelity.md).
 */
export const OBSERVED_CONVERSATION: ConversationProfile = {
  label: '7.0.3 as observed',
  productVersion: '7.0.3 build-19480866',
  vendor: 'VMware, Inc.',
  product: 'VMware vSphere',
};
