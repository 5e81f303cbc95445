export { createCertificateRequest } from './authority/certificate-request.js';
export { type AuthorityPorts, type IssueOptions, LabAuthority } from './authority/lab-authority.js';
export { selfSign } from './authority/self-sign.js';
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
export { PkiError, type PkiErrorCode } from './errors.js';
export { certificateRequestFromFile, certificatesFromFile } from './files/certificate-file.js';
export {
  certificateRequestFromPem,
  certificateRequestToPem,
  certificatesFromPem,
  certificateToPem,
  privateKeyFromPem,
  privateKeyToPem,
} from './files/pem.js';
export { privateKeyFromFile } from './files/private-key-file.js';
export {
  certificateParts,
  certificateValidity,
  describeCertificate,
  fingerprintSha256,
} from './peer/peer-certificate.js';
export { PeerVerifier, peerJudge, type TrustSet, verifyPeer } from './peer/verify-peer.js';
