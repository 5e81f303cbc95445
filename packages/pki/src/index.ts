export {
  type Certificate,
  type CertificateParts,
  distinguishedName,
  type KeptCertificate,
  readCertificate,
  readCertificateToKeep,
} from './certificate/certificate.js';
export type { CertificateValidity } from './certificate/validity.js';
export type { CertificateUsage, Validity } from './certificate-fields.js';
export { createCertificateRequest } from './certificate-request.js';
export { PkiError, type PkiErrorCode } from './errors.js';
export { certificateRequestFromFile, certificatesFromFile } from './files/certificate-file.js';
export { privateKeyFromFile } from './files/private-key-file.js';
export { type AuthorityPorts, type IssueOptions, LabAuthority } from './lab-authority.js';
export { certificateParts, certificateValidity, describeCertificate, fingerprintSha256 } from './peer-certificate.js';
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
