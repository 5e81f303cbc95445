import type { Operation } from '../spec/enumerations.generated.js';
import type { SpokenOperation } from './operation-codecs.js';

/** Operations of KMIP 1.0 to 1.4 that are not spoken here, each with its reason; servers answer Operation Not Supported. */
export const unsupportedOperations: Readonly<Record<Exclude<Operation, SpokenOperation>, string>> = {
  DeriveKey: 'no client of a vSphere key server derives keys on it',
  Certify: 'a key server for VM encryption is not a certification authority',
  ReCertify: 'a key server for VM encryption is not a certification authority',
  Validate: 'certificate chains are judged where TLS ends, by the injected clock',
  Notify: 'goes from the server to the client, which would have to listen',
  Put: 'goes from the server to the client, which would have to listen',
  CreateSplitKey: 'split keys are not served',
  JoinSplitKey: 'split keys are not served',
  Import: 'Register takes what a client brings',
  Export: 'Get answers what a client may have',
};
