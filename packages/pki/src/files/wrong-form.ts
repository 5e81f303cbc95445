import { PkiError } from '../errors.js';
import type { FileForm, FoundForm } from './file-form.js';

const PHRASES: Readonly<Record<FileForm, string>> = {
  nothing: 'The file is empty',
  certificate: 'It is a certificate',
  'certificate request': 'It is a certificate request (CSR)',
  'revocation list': 'It is a list of revoked certificates (CRL)',
  'PKCS#7': 'It is a PKCS#7 file (.p7b)',
  'PKCS#12': 'It is a PKCS#12 file (.p12, .pfx)',
  'private key': 'It is a private key',
  'encrypted private key': 'It is a private key under a passphrase',
  'OpenSSH key': 'It is a private key in the format of OpenSSH',
  'public key': 'It is a public key',
  'Java key store': 'It is a Java key store (.jks)',
  'bare base64': 'It is base64 without BEGIN and END lines',
  'damaged DER': 'It begins as DER does, and is cut or damaged',
  'PEM of another kind': 'It is PEM of another kind',
  text: 'It is a text without a PEM block (BEGIN and END lines)',
  unknown: 'It is neither PEM nor DER',
};

/**
 * Says what a file is instead of what was wanted, and the command that converts it where there is one.
 *
 * @param file name of the file, for the sentence and the command
 */
export function wrongForm(found: FoundForm, wanted: FileForm, file: string): PkiError {
  const next = conversion(found, wanted, file) ?? `Name a file with a ${wanted} in PEM or DER.`;
  return new PkiError('MALFORMED', file, `${PHRASES[found.form]}, where a ${wanted} is wanted. ${next}`);
}

/** The form is the right one, and the bytes are damaged. */
export function damagedForm({ encoding }: FoundForm, wanted: FileForm, file: string, reason: string): PkiError {
  const what = `It looks like a ${wanted} in ${encoding}, but cannot be read. ${reason}`;
  return new PkiError('MALFORMED', file, `${what} Check that it was copied whole, or make it again.`);
}

function conversion({ form, encoding }: FoundForm, wanted: FileForm, file: string): string | null {
  const quoted = `'${file.replaceAll("'", `'\\''`)}'`;
  const line = (command: string) => `Convert it: ${command}`;
  const isKey = wanted === 'private key';
  switch (form) {
    case 'PKCS#12':
      return line(`openssl pkcs12 -in ${quoted} ${isKey ? '-nocerts -noenc -out key.pem' : '-nokeys -out cert.pem'}`);
    case 'encrypted private key':
      if (!isKey) return null;
      return line(`openssl pkey ${encoding === 'DER' ? '-inform der ' : ''}-in ${quoted} -out key.pem`);
    case 'OpenSSH key':
      return isKey ? line(`ssh-keygen -p -N '' -m PKCS8 -f COPY (of ${quoted}, which it replaces)`) : null;
    case 'Java key store':
      return line(
        `keytool -importkeystore -srckeystore ${quoted} -destkeystore store.p12 -deststoretype pkcs12, then openssl pkcs12 -in store.p12 ${isKey ? '-nocerts -noenc -out key.pem' : '-nokeys -out cert.pem'}`,
      );
    case 'bare base64':
      // With -A it wants one line, without -A short ones.
      return line(`tr -d ' \\r\\n' < ${quoted} | openssl base64 -d -A -out ${isKey ? 'key.der' : 'cert.der'}`);
    case 'certificate request':
      return wanted === 'certificate' ? 'Have it signed by an authority, and name what that answers.' : null;
    default:
      return null;
  }
}
