import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../fresh-process.js';

/** Processes run what was built, also when the bench itself is run from its sources. */
const AES_PROCESS = fileURLToPath(new URL('../../dist/xts/aes-process.js', import.meta.url));

/** Masks AES-NI and PCLMULQDQ (bits 57 and 33 of OPENSSL_ia32cap(3)) for OpenSSL in a process that begins with it. */
export const NO_AESNI: Readonly<Record<string, string>> = { OPENSSL_ia32cap: '~0x200000200000000' };

/** Masked, AES is at least this many times slower; real ones are five to fifteen times. */
const SLOWDOWN_MIN = 1.5;
/** Looks at each side, in turn; the best counts, so that a busy moment does not. */
const LOOKS = 2;

/** Whether the processor's AES instructions can be masked here, and how that was seen. */
export interface AesMask {
  /** How many times slower OpenSSL's own AES is in a masked process; null where that was not tried. */
  readonly slowdown: number | null;
  /** Why a masked run would say nothing; null where it does. */
  readonly notMeasured: string | null;
}

/**
 * Looks whether the mask works, before anything is measured under its name: plain AES-256-ECB of OpenSSL, without an engine
 * of ours, in a masked process and in one that is not.
 *
 * @param o.hasAes whether the processor has AES instructions
 */
export async function lookAtMask(o: { arch: string; hasAes: boolean }): Promise<AesMask> {
  if (!o.hasAes) return { slowdown: null, notMeasured: 'this processor shows no AES instructions' };
  if (o.arch !== 'x64') return { slowdown: null, notMeasured: 'OPENSSL_ia32cap masks instructions of x86-64 only' };
  let [masked, unmasked] = [0, 0];
  for (let look = 0; look < LOOKS; look += 1) {
    unmasked = Math.max(unmasked, await aesSpeed(process.env));
    masked = Math.max(masked, await aesSpeed({ ...process.env, ...NO_AESNI }));
  }
  const slowdown = Math.round((unmasked / masked) * 10) / 10;
  if (slowdown >= SLOWDOWN_MIN) return { slowdown, notMeasured: null };
  return { slowdown, notMeasured: 'OPENSSL_ia32cap changed nothing here: this OpenSSL may not read it' };
}

/** MB/s of OpenSSL's AES in a process with this environment. */
function aesSpeed(env: NodeJS.ProcessEnv): Promise<number> {
  return inFreshProcess<number>(AES_PROCESS, {}, env);
}
