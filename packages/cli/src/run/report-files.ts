import { jsonReport, junitReport, type RunResult } from '@vcryptsim/scenario-engine';
import { InvalidArgumentError } from 'commander';
import { checkNamedFiles, writeForUser } from '../named-files.js';

const WRITERS = { junit: junitReport, json: jsonReport } as const;

/** A report to write. */
export interface WantedReport {
  readonly kind: keyof typeof WRITERS;
  /** As the user gave it. */
  readonly path: string;
}

/** Reads `junit=F,json=F`. @throws InvalidArgumentError, which commander prints */
export function parseReports(text: string): WantedReport[] {
  return text.split(',').map((part) => {
    const [kind = '', path = ''] = part.split('=', 2);
    if (!(kind === 'junit' || kind === 'json') || path === '') {
      throw new InvalidArgumentError(`'${part}' is not junit=FILE or json=FILE.`);
    }
    return { kind, path };
  });
}

/** Checks that the reports can be written. @throws CliError */
export function checkReports(wanted: readonly WantedReport[]): void {
  checkNamedFiles(wanted.map(({ path }) => path));
}

/** Writes the reports. @throws CliError */
export async function writeReports(wanted: readonly WantedReport[], results: readonly RunResult[]): Promise<void> {
  for (const { kind, path } of wanted) await writeForUser(path, WRITERS[kind](results));
}
