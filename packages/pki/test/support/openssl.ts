import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether the tool is there; tests that need it are left out where it is not. */
export const hasOpenssl = ((): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** A folder in which OpenSSL makes certificates: another hand than ours. Keys are EC P-256, because they are made fast. */
export class OpensslFolder {
  readonly folder = mkdtempSync(join(tmpdir(), 'vcryptsim-openssl-'));

  at(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): Uint8Array {
    return new Uint8Array(readFileSync(this.at(name)));
  }

  run(...words: string[]): string {
    return execFileSync('openssl', words, { cwd: this.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Answers whether the command ended with 0. */
  tries(...words: string[]): boolean {
    try {
      this.run(...words);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Makes NAME.key, NAME.pem and NAME.der.
   *
   * @param extensions lines of a section of extensions, as in openssl's configuration
   * @param issuer name of an earlier certificate; without it the certificate signs itself
   */
  certificate(name: string, extensions: readonly string[], issuer?: string, subject = `/CN=${name}`): Uint8Array {
    writeFileSync(
      this.at(`${name}.ext`),
      ['[req]', 'distinguished_name=dn', '[dn]', '[v3]', ...extensions, ''].join('\n'),
    );
    this.run('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
    this.run('req', '-new', '-key', `${name}.key`, '-subj', subject, '-config', `${name}.ext`, '-out', `${name}.csr`);
    const signer = issuer ? ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`] : ['-signkey', `${name}.key`];
    const serial = ['-set_serial', `0x${Buffer.from(name).toString('hex').slice(0, 32)}`];
    const rest = ['-days', '3650', '-extfile', `${name}.ext`, '-extensions', 'v3', '-out', `${name}.pem`];
    this.run('x509', '-req', '-in', `${name}.csr`, ...signer, ...serial, ...rest);
    this.run('x509', '-in', `${name}.pem`, '-outform', 'der', '-out', `${name}.der`);
    return this.read(`${name}.der`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
