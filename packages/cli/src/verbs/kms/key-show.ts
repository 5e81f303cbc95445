import { type KeyId, visibleLine } from '@vcryptsim/ports';
import { Command } from 'commander';
import { print, printJson } from '../../output.js';
import { keyLine } from './key-list.js';
import { type FolderOptions, withAdministrator } from './reach-folder.js';
import { asCliError } from './trouble.js';

interface ShowOptions extends FolderOptions {
  readonly json?: boolean;
}

/** `vcryptsim kms key show`. */
export function keyShowCommand(): Command {
  return new Command('show')
    .description("Show one object's attributes. Never its bytes.")
    .argument('<id>', 'its unique identifier')
    .requiredOption('--dir <dir>', "the key server's folder")
    .option('--root-key <file>', 'the root key, for a server that does not run (default DIR/root.key)')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  vcryptsim kms key show 5f6d1c2e-8a4b-4c3d-9e0f-1a2b3c4d5e6f --dir lab-kms --json',
    )
    .action((id: string, options: ShowOptions) =>
      show(id as KeyId, options).catch((error: unknown) => {
        throw asCliError(error);
      }),
    );
}

async function show(id: KeyId, options: ShowOptions): Promise<void> {
  const key = await withAdministrator(options, (administrator) =>
    administrator.perform<'key.show'>({ action: 'key.show', id }),
  );
  if (options.json === true) {
    printJson(key);
    return;
  }
  const lines = key.attributes.map(({ name, index, value }) => {
    const place = index === 0 ? name : `${name} [${index}]`;
    return visibleLine(`  ${place}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  });
  print(`${[keyLine(key), ...lines].join('\n')}\n`);
}
