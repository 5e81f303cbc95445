import { CONVERSATION_PROFILES, type ConversationProfile } from '@vcryptsim/vcenter/conversation';

/** Whom a check can play. */
export type CheckProfile = 'vcenter-7.0.3';

/** The conversations that are known, by the words of `--profile`. */
export const CHECK_PROFILES: Readonly<Record<CheckProfile, ConversationProfile>> = {
  'vcenter-7.0.3': CONVERSATION_PROFILES['7.0.3'],
};
