import { LabAuthority } from '@vcryptsim/pki';
import type { Clock, KeyPairSource, TlsIdentity } from '@vcryptsim/ports';
import { entropyOf, NOON_MS } from './world.js';

const DAY_MS = 86_400_000;
const validity = { notBeforeMs: NOON_MS - DAY_MS, notAfterMs: NOON_MS + DAY_MS };

/** An authority that is not the key server's, as a vCenter has. */
export interface TestAuthority {
  /** DER of its root. */
  readonly certificate: Uint8Array;
  /** A new key pair with a certificate that it signed. */
  identity(name: string): Promise<TlsIdentity>;
}

/** Makes an authority of that name with a key of its own. */
export async function createTestAuthority(
  { clock, keyPairs }: { readonly clock: Clock; readonly keyPairs: KeyPairSource },
  name: string,
): Promise<TestAuthority> {
  const entropy = entropyOf(77);
  const authority = await LabAuthority.create({ subject: `CN=${name}`, validity, clock, entropy, keyPairs });
  return {
    certificate: authority.certificate,
    identity: async (subject) =>
      authority.issueIdentity({ ...validity, subject: `CN=${subject}`, keyPair: await keyPairs.generate('ec-p256') }),
  };
}
