import type { KeySummary } from '@vcryptsim/kms';
import { visibleLine } from '@vcryptsim/ports';
import { Command } from 'commander';
import { print, printJson } from '../../output.js';
import { type FolderOptions, withAdministrator } from './reach-folder.js';
import { asCliError } from './trouble.js';

interface ListOptions extends FolderOptions {
  readonly json?: boolean;
}

/** `vcryptsim kms key list`. */
export function keyListCommand(): Command {
  return new Command('list')
    .description('List every object of every client: what it is, its state, whose it is. Never its bytes.')
    .requiredOption('--dir <dir>', "the key server's folder")
    .option('--root-key <file>', 'the root key, for a server that does not run (default DIR/root.key)')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim kms key list --dir lab-kms')
    .action((options: ListOptions) =>
      list(options).catch((error: unknown) => {
        throw asCliError(error);
      }),
    );
}

async function list(options: ListOptions): Promise<void> {
  const keys = await withAdministrator(options, (administrator) =>
    administrator.perform<'key.list'>({ action: 'key.list' }),
  );
  if (options.json === true) {
    printJson({ keys });
    return;
  }
  print(keys.map((key) => `${keyLine(key)}\n`).join(''));
  if (keys.length === 0) print('No objects yet. Clients make them by KMIP Create or Register.\n');
}

/** An object in one line: `ID  SymmetricKey AES-256  Active  vcenter  2026-11-21T12:00:00.000Z  "name"`. */
export function keyLine(key: KeySummary): string {
  const kind = [key.algorithm, key.lengthBits].filter((part) => part !== null).join('-');
  const state = [key.state ?? 'no state', ...(key.isArchived ? ['archived'] : [])].join(', ');
  const made = key.createdMs === null ? [] : [new Date(key.createdMs).toISOString()];
  const name = key.name === null ? [] : [JSON.stringify(key.name)];
  return visibleLine([key.id, `${key.type} ${kind}`.trim(), state, key.owner, ...made, ...name].join('  '));
}
