import { LabAuthority, selfSign, type TrustSet } from '@vcryptsim/pki';
import type { TlsIdentity } from '@vcryptsim/ports';
import { SystemClock, SystemEntropy, SystemKeyPairs } from '@vcryptsim/ports/os';

export const SECOND = 1000;
export const HOUR = 3600 * SECOND;
/** When the worlds of these tests begin. */
export const START_MS = Date.UTC(2030, 0, 1);

const clock = new SystemClock();
const entropy = new SystemEntropy();
const keyPairs = new SystemKeyPairs(clock);
const validity = { notBeforeMs: START_MS - 1000 * HOUR, notAfterMs: START_MS + 10_000 * HOUR };

/** Who takes part in these tests, and whom everybody trusts. */
export interface Cast {
  readonly authority: LabAuthority;
  readonly kms: TlsIdentity;
  readonly kmsRsa: TlsIdentity;
  /** Its certificate ends twelve hours after the start. */
  readonly kmsUntilNoon: TlsIdentity;
  readonly host: TlsIdentity;
  /** Self-signed and pinned. */
  readonly vcenter: TlsIdentity;
  readonly trust: TrustSet;
}

/** Issues a certificate for a fresh key. */
export async function issue(
  authority: LabAuthority,
  name: string,
  o: { kind?: 'ec-p256' | 'rsa-2048'; notBeforeMs?: number; notAfterMs?: number } = {},
): Promise<TlsIdentity> {
  const keyPair = await keyPairs.generate(o.kind ?? 'ec-p256');
  const names = { subject: `CN=${name}`, alternativeNames: [`dns:${name}`] };
  return authority.issueIdentity({ ...validity, ...names, ...o, usage: 'server-and-client', keyPair });
}

export function makeAuthority(name: string): Promise<LabAuthority> {
  return LabAuthority.create({ keyPairs, entropy, clock, subject: `CN=${name}`, validity });
}

export async function makeSelfSigned(name: string): Promise<TlsIdentity> {
  return selfSign({ ...validity, subject: `CN=${name}`, keyPair: await keyPairs.generate('ec-p256'), entropy, clock });
}

export async function makeCast(): Promise<Cast> {
  const authority = await makeAuthority('lab');
  const vcenter = await makeSelfSigned('vcenter');
  const [kms, kmsRsa, kmsUntilNoon, host] = await Promise.all([
    issue(authority, 'kms'),
    issue(authority, 'kms', { kind: 'rsa-2048' }),
    issue(authority, 'kms', { notAfterMs: START_MS + 12 * HOUR }),
    issue(authority, 'host'),
  ]);
  const trust = { authorities: [authority.certificate], pins: [...vcenter.chain] };
  return { authority, kms, kmsRsa, kmsUntilNoon, host, vcenter, trust };
}
