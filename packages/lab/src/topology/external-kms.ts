import { z } from 'zod';
import { LabError } from '../errors/lab-error.js';
import { pathSchema, plainText } from './plain-text.js';

/** The port that IANA gave KMIP. */
const KMIP_PORT = 5696;

/** `lab.kms.external`: a key server of somebody else, with what a client of it needs. Paths are relative to the scenario. */
export const externalKmsSchema = z.strictObject({
  host: plainText(255),
  port: z.int().min(1).max(65_535).default(KMIP_PORT),
  cert: pathSchema,
  key: pathSchema,
  ca: pathSchema,
  user: plainText(256).optional(),
  passwordFile: pathSchema.optional(),
});

/** Absolute paths of what a client of a foreign key server needs. */
export interface KeyServerAccessFiles {
  /** Client certificate, in PEM, DER or PKCS#7; the chain above it may follow. */
  readonly cert: string;
  /** Its private key, in PEM or DER, PKCS#8 or older, without a passphrase. */
  readonly key: string;
  /** Authorities of the server's certificate, or that certificate itself; PEM, DER or PKCS#7. */
  readonly ca: string;
  /** For the header of requests. */
  readonly user?: string | undefined;
  /** First line of this file is the password of `user`. */
  readonly passwordFile?: string | undefined;
}

/** A key server of somebody else; absolute paths. */
export interface ExternalKms extends KeyServerAccessFiles {
  readonly address: { readonly host: string; readonly port: number };
}

/** What flags and the environment say in place of the scenario; absolute paths. */
export type ExternalKmsOverrides = {
  readonly [Part in keyof ExternalKms]?: ExternalKms[Part] | undefined;
};

/**
 * Says which external key server a run uses: what the scenario names, part by part replaced by the overrides.
 *
 * @param folder of the scenario
 * @returns null when neither names one: then key servers of our own run
 * @throws LabError BAD_CREDENTIALS when something is missing
 */
export function externalKmsOf(
  named: z.output<typeof externalKmsSchema> | undefined,
  folder: string,
  overrides: ExternalKmsOverrides,
): ExternalKms | null {
  const at = (path: string | undefined) => (path === undefined || path.startsWith('/') ? path : `${folder}/${path}`);
  const address = overrides.address ?? (named && { host: named.host, port: named.port });
  const cert = overrides.cert ?? at(named?.cert);
  const key = overrides.key ?? at(named?.key);
  const ca = overrides.ca ?? at(named?.ca);
  const user = overrides.user ?? named?.user;
  const passwordFile = overrides.passwordFile ?? at(named?.passwordFile);
  if (address === undefined) {
    if ([cert, key, ca, user, passwordFile].every((part) => part === undefined)) return null;
    throw new LabError('BAD_CREDENTIALS', 'Credentials are given, but no key server. Name it with --kms HOST:PORT.');
  }
  if (cert === undefined || key === undefined || ca === undefined) {
    const message = `The key server ${address.host}:${address.port} needs a client certificate. Give --kms-cert, --kms-key and --kms-ca.`;
    throw new LabError('BAD_CREDENTIALS', message);
  }
  return { address, cert, key, ca, user, passwordFile };
}
