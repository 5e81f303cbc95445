import { resolve } from 'node:path';
import { type FileSystem, replaceFile } from '@vcryptsim/ports';
import { jsonReport, junitReport, type RunResult } from '@vcryptsim/scenario-engine';
import { InvalidArgumentError } from 'commander';

const WRITERS = { junit: junitReport, json: jsonReport } as const;
const READABLE_MODE = 0o644;

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

/** Writes the reports; each file is there whole or not at all. */
export async function writeReports(
  files: FileSystem,
  wanted: readonly WantedReport[],
  results: readonly RunResult[],
): Promise<void> {
  for (const { kind, path } of wanted) {
    await replaceFile(files, resolve(path), new TextEncoder().encode(WRITERS[kind](results)), READABLE_MODE);
  }
}
