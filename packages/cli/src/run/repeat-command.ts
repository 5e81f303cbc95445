import type { RunResult } from '@vcryptsim/scenario-engine';

/** How the program is called in a folder where it is installed, whatever shell or system. */
export const PROGRAM = ['npx', '--no-install', 'vcryptsim'] as const;

/** The flags of a run that decide what happens in it. */
export interface RepeatedFlags {
  readonly engine: string;
  readonly disk?: string;
  readonly kms?: string;
  readonly kmsCert?: string;
  readonly kmsKey?: string;
  readonly kmsCa?: string;
  readonly kmsUser?: string;
  readonly kmsPasswordFile?: string;
}

/** The command that runs a scenario once more as it was run, word by word, ready for a POSIX shell. */
export function repeatCommand(
  { file, seed, clock, wire }: Pick<RunResult, 'file' | 'seed' | 'clock' | 'wire'>,
  flags: RepeatedFlags,
): string[] {
  const given: (readonly [flag: string, value: string | undefined])[] = [
    ['--clock', clock === 'virtual' ? undefined : clock],
    ['--wire', wire === 'tls' ? undefined : wire],
    ['--engine', flags.engine === 'auto' ? undefined : flags.engine],
    ['--disk', flags.disk],
    ['--kms', flags.kms],
    ['--kms-cert', flags.kmsCert],
    ['--kms-key', flags.kmsKey],
    ['--kms-ca', flags.kmsCa],
    ['--kms-user', flags.kmsUser],
    ['--kms-password-file', flags.kmsPasswordFile],
  ];
  const words = given.flatMap(([flag, value]) => (value === undefined ? [] : [flag, shellWord(value)]));
  // A file whose name begins with a dash would be taken for a flag.
  const path = file.startsWith('-') ? `./${file}` : file;
  return [...PROGRAM, 'run', shellWord(path), '--seed', String(seed), ...words];
}

/** A word as a POSIX shell takes it: in single quotes unless it is plain. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
