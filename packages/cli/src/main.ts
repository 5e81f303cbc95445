import { CommanderError } from 'commander';
import { EXIT, reportTrouble } from './exit.js';
import { printTrouble } from './terminal/print-trouble.js';
import { program } from './verbs/program.js';

/** Runs the program and answers its exit code; 0 unless a verb set another or something was thrown. */
async function main(words: readonly string[]): Promise<number> {
  try {
    await (await program(words)).parseAsync(words, { from: 'user' });
    return Number(process.exitCode ?? EXIT.passed);
  } catch (error) {
    // Commander has said it already: help and version with 0, a wrong option with 1, which here is bad input.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.badInput;
    return report(error);
  }
}

function report(error: unknown): number {
  return reportTrouble(error, printTrouble, process.env.VCRYPTSIM_TRACE === '1');
}

process.on('unhandledRejection', (error) => process.exit(report(error)));
// A reader that went away (`| head`) is no mistake of ours and no reason for a stack trace.
process.stdout.on('error', () => process.exit(EXIT.environment));
process.exitCode = await main(process.argv.slice(2));
