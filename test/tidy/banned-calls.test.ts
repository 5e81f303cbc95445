// Time, chance, files and sockets come in through the constructor (the ports). Here stands who may touch the real ones.
import { describe, expect, it } from 'vitest';
import { findings, packageSources, type SourceFile, sample } from './source.js';

const DOMAINS = /^packages\/(kms|hypervisor|vcenter|trust-authority)\/src\//;

/** A call that is banned in `packages/NAME/src`, and the files that are the reason it exists at all. */
interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  readonly except: RegExp;
}

const OS = 'packages/ports/src/os/';
const CLOCK = 'packages/simkit/src/virtual-clock';
const MEMORY = 'packages/simkit/src/scan/scan-own-memory'; // reads /proc/self/mem: a test's instrument
const POOL = 'packages/crypto-core/src/pool';
const KEY_PAIRS = 'packages/crypto-core/src/key-pair';
const only = (...places: string[]): RegExp => new RegExp(`^(?:${places.join('|')})`);

// By node:crypto or WebCrypto. `generateKey` alone is also a method of vSphere's CryptoManagerKmip, which asks a KMS.
const KEY_GENERATION =
  /\bgenerate(?:Key(?:Pair|PairSync|Sync)|Prime\w*)\b|\b(?:subtle|crypto)\.generateKey\b|\bgenerateKey\b(?=[^;()]*\bfrom\b)/g;

const BANS: readonly Ban[] = [
  { what: 'wall time', pattern: /\bDate\.now\b|\bnew Date\(\s*\)/g, except: only(OS) },
  { what: 'a stopwatch', pattern: /\bperformance\.now\b|\bprocess\.hrtime\b/g, except: only(OS, CLOCK) },
  {
    what: 'a timer',
    pattern: /\b(?:setTimeout|setInterval|setImmediate)\b|\bAbortSignal\.timeout\b/g,
    except: only(OS, CLOCK),
  },
  {
    what: 'chance',
    pattern: /\bMath\.random\b|\brandom(?:Bytes|UUID|Int|Fill|FillSync)\b|\bgetRandomValues\b/g,
    except: only(OS),
  },
  { what: 'key generation', pattern: KEY_GENERATION, except: only(OS, KEY_PAIRS) },
  {
    what: 'TLS trust switched off',
    pattern: /\brejectUnauthorized\b|\bNODE_TLS_REJECT_UNAUTHORIZED\b/g,
    except: only(`${OS}tls-`),
  },
  {
    what: 'a word to a person that does not go through the door',
    pattern: /\bprocess\.std(?:out|err)\.write\b|\bconsole\.\w+/g,
    except: only('packages/cli/src/output'),
  },
  {
    what: 'the environment in a domain',
    pattern: /\bprocess\.(?:env|argv|exit)\b/g,
    except: /^packages\/(?!kms|hypervisor|vcenter|trust-authority)/,
  },
];

const MODULES =
  /['"]node:(?:fs|fs\/promises|net|tls|http|https|http2|dgram|dns|timers|timers\/promises|worker_threads|child_process|cluster)['"]/g;
const MODULES_EXCEPT = only(OS, MEMORY, POOL);

function banned(file: SourceFile): string[] {
  const calls = BANS.filter(({ except }) => !except.test(file.path)).flatMap(({ what, pattern }) =>
    findings(file, pattern).map((place) => `${place}: ${what}`),
  );
  const modules = MODULES_EXCEPT.test(file.path) ? [] : findings(file, MODULES, 'text');
  return [...calls, ...modules.map((place) => `${place}: the world without a port`)];
}

describe('banned calls', () => {
  it.each([
    ['const t = Date.now();', 1],
    ['const t = new Date();', 1],
    ['const t = new Date( );', 1],
    ['const t = new Date(atMs);', 0],
    ['const t = performance.now();', 1],
    ['const t = process.hrtime.bigint();', 1],
    ['setTimeout(f, 1); setInterval(f, 1); setImmediate(f);', 3],
    ['AbortSignal.timeout(5);', 1],
    ['Math.random() + randomBytes(3) + randomUUID() + crypto.getRandomValues(a);', 4],
    ['generateKeyPairSync(kind); crypto.subtle.generateKey(a);', 2],
    ["import { generateKey, createHash } from 'node:crypto';", 1],
    ['await this.kmip.generateKey(providerId); async generateKey(id: KeyId) {}', 0],
    ['tls.connect({ rejectUnauthorized: false });', 1],
    ['if (process.env.DEBUG) {}', 1],
    ['console.log(name); process.stdout.write(name); process.stderr.write(name);', 3],
    ['process.stdout.isTTY', 0],
    ["import { readFileSync } from 'node:fs';", 1],
    ["import { connect } from 'node:tls';", 1],
    ["import { createHash } from 'node:crypto';", 0],
    ['// setTimeout is what we do not use', 0],
    ["throw new Error('no setTimeout here');", 0],
  ])('finds %s', (text, count) => {
    expect(banned(sample('packages/kms/src/a.ts', text))).toHaveLength(count);
  });

  it('lets the ports to the operating system through, and nobody who is merely called alike', () => {
    const text = "import net from 'node:net'; setTimeout(f, 1); Date.now(); randomBytes(1);";
    expect(banned(sample('packages/ports/src/os/system-clock.ts', text))).toEqual([]);
    expect(banned(sample('packages/ports/src/os.ts', text))).toHaveLength(4);
    expect(banned(sample('packages/ports/src/os/system-clock.ts', 'rejectUnauthorized'))).toHaveLength(1);
  });

  it('finds none in the product', () => {
    expect(packageSources().flatMap(banned)).toEqual([]);
  });

  it('keeps the switch of TLS trust in one file', () => {
    const files = packageSources().filter((file) => /\brejectUnauthorized\b/.test(file.code));
    expect(files.map((file) => file.path).length).toBeLessThanOrEqual(1);
  });
});

describe('domain code', () => {
  const FOREIGN = /\b\w*(?:inject|simulat|chaos|isTest|NODE_ENV)\w*/gi;

  it.each(['const injected = 1;', 'if (this.isTest) {}', 'class SimulatedDisk {}', 'chaosLevel', 'NODE_ENV'])(
    'may not say %s',
    (text) => {
      expect(findings(sample('packages/kms/src/a.ts', text), FOREIGN)).toHaveLength(1);
    },
  );

  it('does not ask whether it is watched', () => {
    const domains = packageSources().filter((file) => DOMAINS.test(file.path));
    expect(domains.length).toBeGreaterThan(3);
    expect(domains.flatMap((file) => findings(file, FOREIGN))).toEqual([]);
    // Not in comments either: who wraps a port is none of the domain's business.
    expect(domains.flatMap((file) => findings(file, /\bsimkit\b|\bin (?:a|the) simulat\w+/g, 'text'))).toEqual([]);
  });
});
