/** Ten years: what expires here locks VMs at the next reboot of a host (facts/vsphere-encryption.md section 12, 11). */
const VALID_YEARS = 10;
/** Clocks of key servers may be a little behind. */
const BACKDATED_MS = 24 * 60 * 60 * 1000;

/** Subject of a client certificate made now: `CN=kmipClient20161127094708`, in UTC (facts/kmip.md part 2). */
export function clientCertificateSubject(nowMs: number): string {
  const digits = new Date(nowMs).toISOString().replace(/\D/g, '').slice(0, 14);
  return `CN=kmipClient${digits}`;
}

/** From a day ago, for ten years; the real figures are not known. */
export function clientCertificateValidity(nowMs: number): {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
} {
  const end = new Date(nowMs);
  end.setUTCFullYear(end.getUTCFullYear() + VALID_YEARS);
  return { notBeforeMs: nowMs - BACKDATED_MS, notAfterMs: end.getTime() };
}

/** Subject of vCenter's own authority, in the form that VMCA gives its root. */
export const AUTHORITY_SUBJECT = 'CN=CA,DC=vsphere,DC=local,OU=VMware Engineering';
