import { type ConversationProfile, OBSERVED_CONVERSATION } from '@vcryptsim/vcenter/conversation';

/** Whom a check can play. */
export type CheckProfileName = 'vcenter-6.5' | 'vcenter-6.7' | 'vcenter-7.0.3' | 'vcenter-8.0';

/** One vCenter, as the checks play it. What no source tells of that version is marked `[assumed]`. */
export interface CheckProfile {
  readonly conversation: ConversationProfile;
  /** What it says when a server refuses Get with anything but Item Not Found (facts/vsphere-rules.md section 3). */
  readonly saysOfServerError: string;
  /** What it says of a certificate that ends within 30 days, `server` or `client`. */
  readonly saysOfExpiry: (whose: 'server' | 'client') => string;
  /** What is known and what is assumed of it, a sentence each; those that are assumed end in `[assumed]`. */
  readonly facts: readonly string[];
}

const OBSERVED = OBSERVED_CONVERSATION;
const BY_POLL = 'It polls each 300 s [assumed].';
const AS_7_0_3 = 'Which messages it sends and in which order is as in 7.0.3 [assumed].';
const TLS = 'It offers TLS 1.3 beside 1.2 [assumed].';
const CERTIFICATE = 'Its own certificate has no Extended Key Usage, and requests come under header 1.1.';

// The event, and the option vpxd.kmscert.threshold of 30 days, which is listed from 6.7 on.
function expiryEvent(whose: 'server' | 'client'): string {
  return `warns: "KMS ${whose === 'server' ? 'Server' : 'Client'} Certificate will expire soon."`;
}

/** A version of which no capture exists: the conversation of 7.0.3 under its own product version. */
function like703(version: string): ConversationProfile {
  return { ...OBSERVED, label: `${version} [assumed in part]`, productVersion: version };
}

/** The conversations that are known, by the words of `--profile` (facts/kmip.md part 2). */
export const CHECK_PROFILES: Readonly<Record<CheckProfileName, CheckProfile>> = {
  'vcenter-6.5': {
    conversation: like703('6.5.0'),
    saysOfServerError: 'says "Virtual machine is locked because of a KMS cluster error."',
    saysOfExpiry: () => 'says nothing before the certificate ends [assumed].',
    facts: [
      CERTIFICATE,
      'Without a State it says "Cannot get key ... from KMS server ..., reason: ..." and does not use the key.',
      'It speaks of a KMS cluster where 7.0 U2 and later speak of a key provider.',
      'It does not warn before a certificate ends [assumed].',
      AS_7_0_3,
      BY_POLL,
      'The tag x-Product_Version is 6.5.0 [assumed].',
      TLS,
    ],
  },
  'vcenter-6.7': {
    conversation: like703('6.7.0'),
    saysOfServerError: 'says "Virtual machine is locked because of a KMS cluster error."',
    saysOfExpiry: expiryEvent,
    facts: [
      CERTIFICATE,
      'It speaks of a KMS cluster where 7.0 U2 and later speak of a key provider.',
      'It warns 30 days before a certificate ends.',
      AS_7_0_3,
      BY_POLL,
      'The tag x-Product_Version is 6.7.0 [assumed].',
      TLS,
    ],
  },
  'vcenter-7.0.3': {
    conversation: OBSERVED,
    saysOfServerError: 'says "an error occurred on the key provider" instead of saying that the key is missing there.',
    saysOfExpiry: expiryEvent,
    facts: [
      'The messages and their order are those of a published log of 7.0.3 build-19480866.',
      'It polls each 300 s, and warns 30 days before a certificate ends.',
      'The log shows TLS 1.2; it offers TLS 1.3 beside it [assumed].',
      'It reads answers under another header by their fields [assumed].',
    ],
  },
  'vcenter-8.0': {
    conversation: like703('8.0.0'),
    saysOfServerError: 'says "an error occurred on the key provider" instead of saying that the key is missing there.',
    saysOfExpiry: expiryEvent,
    facts: [
      'It polls each 300 s, and warns 30 days before a certificate ends.',
      'Requests come under header 1.1; a credential is in all of them but Discover Versions [assumed].',
      AS_7_0_3,
      'Its own certificate has no Extended Key Usage [assumed].',
      'The tag x-Product_Version is 8.0.0 [assumed].',
      'Custom attributes that an administrator adds from 8.0.1 on are added as the six tags are, and not tried [assumed].',
      TLS,
    ],
  },
};

/** The sentences of a profile that are assumed. */
export function assumedOf({ facts }: CheckProfile): readonly string[] {
  return facts.filter((fact) => fact.includes('[assumed]'));
}
