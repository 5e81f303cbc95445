export type { CertificateUsage, Validity } from './certificate-fields.js';
export { type CertificateParts, certificateParts } from './certificate-parts.js';
export { createCertificateRequest } from './certificate-request.js';
export { PkiError, type PkiErrorCode } from './errors.js';
export { type AuthorityPorts, type IssueOptions, LabAuthority } from './lab-authority.js';
export { describeCertificate, distinguishedName, fingerprintSha256 } from './peer-certificate.js';
export {
  certificateRequestFromPem,
  certificateRequestToPem,
  certificatesFromPem,
  certificateToPem,
  privateKeyFromPem,
  privateKeyToPem,
} from './pem.js';
export { selfSign } from './self-sign.js';
export { PeerVerifier, peerJudge, type TrustSet, verifyPeer } from './verify-peer.js';
