import { resolve } from 'node:path';
import { auditLines, verifyChain } from '@vcryptsim/kms';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { print, printJsonText } from '../../output.js';

interface AuditOptions {
  readonly dir: string;
}

/** `vcryptsim kms audit verify`: also while a server runs. */
export function auditVerifyCommand(): Command {
  return new Command('verify')
    .description('Check that no line of the audit log was changed, taken out or put in.')
    .requiredOption('--dir <dir>', "the key server's folder")
    .addHelpText('after', '\nExample:\n  vcryptsim kms audit verify --dir lab-kms')
    .action(verify);
}

/** `vcryptsim kms audit tail`. */
export function auditTailCommand(): Command {
  return new Command('tail')
    .description('Print the last lines of the audit log.')
    .requiredOption('--dir <dir>', "the key server's folder")
    .option('-n, --lines <count>', 'how many', '10')
    .addHelpText('after', '\nExample:\n  vcryptsim kms audit tail --dir lab-kms -n 3')
    .action(tail);
}

async function verify({ dir }: AuditOptions): Promise<void> {
  const path = `${resolve(dir)}/audit.jsonl`;
  const finding = await verifyChain(auditLines(new OsFileSystem(), path));
  if (!finding.ok) {
    const message = `Line ${finding.line} of ${path} does not follow the line before it: the log was changed.`;
    throw new CliError(EXIT.failed, message, 'Compare it with a copy of the log.');
  }
  const { n, hash } = finding.head;
  print(`${n} lines, whole. Last hash: ${hash}\n`);
  print('Keep that hash elsewhere: only with it does a missing end show.\n');
}

async function tail({ dir, lines }: AuditOptions & { readonly lines: string }): Promise<void> {
  const count = Number(lines);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new CliError(EXIT.badInput, `${lines} is not a number of lines.`, 'Write a whole number, for example -n 10.');
  }
  const last: string[] = [];
  for await (const line of auditLines(new OsFileSystem(), `${resolve(dir)}/audit.jsonl`)) {
    last.push(line);
    if (last.length > count) last.shift();
  }
  printJsonText(last.map((line) => `${line}\n`).join(''));
}
