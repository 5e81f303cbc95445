import { attribute, enumerationName, ResultReason } from '@vcryptsim/kmip-lite';
import type { ResponseMessage } from '../../src/message/response-message.js';
import type { Lab } from './lab-server.js';
import { RawPeer } from './raw-peer.js';

/** Payload of a Create. */
export const createAes = (lengthBits = 256) => ({
  objectType: 'SymmetricKey' as const,
  templateAttribute: {
    attributes: [
      attribute('Cryptographic Algorithm', 'AES'),
      attribute('Cryptographic Usage Mask', 12),
      attribute('Cryptographic Length', lengthBits),
    ],
  },
});

/** What the items of an answer say: `ok`, or the reason by name. */
export function outcome(answer: ResponseMessage | null): string[] {
  return (answer?.items ?? []).map(({ status, reason }) =>
    status === 0 ? 'ok' : (enumerationName(ResultReason, reason ?? 0) ?? ''),
  );
}

/** A raw connection to a server of the lab. */
export async function served(lab: Lab): Promise<RawPeer> {
  return new RawPeer(lab.connect());
}
