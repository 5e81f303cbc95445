import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Where a run was made; figures of different machines do not compare. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** AES instructions on one block, and on two or four at a time. */
  readonly aes: boolean;
  readonly vaes: boolean;
  readonly node: string;
  /** The OpenSSL inside Node. */
  readonly opensslOfNode: string;
  /** The `openssl` command, or null where there is none. */
  readonly opensslCommand: string | null;
}

/** Looks at this machine. */
export function describeMachine(): Machine {
  const flags = new Set(cpuFlags());
  const processors = cpus();
  const { stdout, status } = spawnSync('openssl', ['version'], { encoding: 'utf8' });
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    aes: flags.has('aes'),
    vaes: flags.has('vaes'),
    node: process.versions.node,
    opensslOfNode: process.versions.openssl,
    opensslCommand: status === 0 ? stdout.trim() : null,
  };
}

/** Feature flags as Linux lists them, x86 (`flags`) or ARM (`Features`); none elsewhere. */
function cpuFlags(): string[] {
  try {
    return (
      /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'latin1'))?.[1]?.trim().split(/\s+/) ?? []
    );
  } catch {
    return [];
  }
}
