import type { AdminRequest, KeySummary } from '@vcryptsim/kms';
import type { KeyId } from '@vcryptsim/ports';
import { Command, Option } from 'commander';
import { print, printJson } from '../../output.js';
import { keyLine } from './key-list.js';
import { type FolderOptions, withAdministrator } from './reach-folder.js';
import { asCliError } from './trouble.js';

type Change = 'key.activate' | 'key.revoke' | 'key.destroy' | 'key.archive' | 'key.recover';
type Revocation = AdminRequest<'key.revoke'>;

interface ChangeOptions extends FolderOptions {
  readonly json?: boolean;
}

const EXAMPLE_ID = '5f6d1c2e-8a4b-4c3d-9e0f-1a2b3c4d5e6f';
/** Revocation Reason Codes of KMIP 1.1 section 9.1.3.2.19. */
const REASONS: readonly Revocation['reason'][] = [
  'Unspecified',
  'KeyCompromise',
  'CACompromise',
  'AffiliationChanged',
  'Superseded',
  'CessationOfOperation',
  'PrivilegeWithdrawn',
];

/** `vcryptsim kms key activate`. */
export function keyActivateCommand(): Command {
  return plainChange('activate', 'key.activate', 'Make a Pre-Active object Active.');
}

/** `vcryptsim kms key destroy`. */
export function keyDestroyCommand(): Command {
  const what = 'Destroy an object that is not Active: its bytes are erased from every file, its attributes stay.';
  return plainChange('destroy', 'key.destroy', what);
}

/** `vcryptsim kms key archive`. */
export function keyArchiveCommand(): Command {
  return plainChange('archive', 'key.archive', 'Archive an object: its client cannot get it until it is recovered.');
}

/** `vcryptsim kms key recover`. */
export function keyRecoverCommand(): Command {
  return plainChange('recover', 'key.recover', 'Bring an archived object back.');
}

/** `vcryptsim kms key revoke`. */
export function keyRevokeCommand(): Command {
  return verb('revoke', 'Deactivate an Active object, or mark any object as compromised.')
    .addOption(
      new Option('--reason <code>', 'why; KeyCompromise and CACompromise make it Compromised')
        .choices(REASONS)
        .default('Unspecified'),
    )
    .option('--message <text>', 'kept with the reason')
    .addHelpText('after', `\nExample:\n  vcryptsim kms key revoke ${EXAMPLE_ID} --dir lab-kms --reason KeyCompromise`)
    .action((id: string, options: ChangeOptions & Omit<Revocation, 'action' | 'id'>) => {
      const { reason, message } = options;
      const request = { action: 'key.revoke', id: id as KeyId, reason } as const;
      return change(message === undefined ? request : { ...request, message }, options);
    });
}

function plainChange(word: string, action: Exclude<Change, 'key.revoke'>, what: string): Command {
  return verb(word, what)
    .addHelpText('after', `\nExample:\n  vcryptsim kms key ${word} ${EXAMPLE_ID} --dir lab-kms`)
    .action((id: string, options: ChangeOptions) => change({ action, id: id as KeyId }, options));
}

function verb(word: string, what: string): Command {
  return new Command(word)
    .description(what)
    .argument('<id>', "the object's unique identifier")
    .requiredOption('--dir <dir>', "the key server's folder")
    .option('--root-key <file>', 'the root key, for a server that does not run (default DIR/root.key)')
    .option('--json', 'print one JSON document');
}

async function change(request: AdminRequest<Change>, options: ChangeOptions): Promise<void> {
  let key: KeySummary;
  try {
    key = await withAdministrator(options, (administrator) => administrator.perform<Change>(request));
  } catch (error) {
    throw asCliError(error);
  }
  if (options.json === true) printJson(key);
  else print(`${keyLine(key)}\n`);
}
