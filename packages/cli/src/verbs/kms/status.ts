import { resolve } from 'node:path';
import type { ClusterStatus } from '@vcryptsim/kms';
import { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { print, printJson } from '../../output.js';
import { reachFolder } from './reach-folder.js';
import { asCliError } from './trouble.js';

interface StatusOptions {
  readonly dir: string;
  readonly json?: boolean;
}

/** `vcryptsim kms status`: how a server that runs does in its cluster, and what its clients keep. */
export function statusCommand(): Command {
  return new Command('status')
    .description(
      'Say whether a running key server leads or follows, how many writes its followers lack, and what clients keep.',
    )
    .requiredOption('--dir <dir>', "the key server's folder")
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim kms status --dir kms-b')
    .action((options: StatusOptions) =>
      show(options).catch((error: unknown) => {
        throw asCliError(error);
      }),
    );
}

async function show({ dir, json }: StatusOptions): Promise<void> {
  const folder = resolve(dir);
  const status = await reachFolder<ClusterStatus>(folder, {
    running: (administrator) => administrator.perform<'status'>({ action: 'status' }),
    closed: async () => {
      throw new CliError(
        EXIT.environment,
        `No key server runs on ${folder}.`,
        'Start it: vcryptsim kms serve --dir DIR',
      );
    },
  });
  if (json === true) printJson(status);
  else
    print(
      linesOf(status)
        .map((line) => `${line}\n`)
        .join(''),
    );
}

function linesOf(status: ClusterStatus): string[] {
  return [...nodeLines(status), ...usageLines(status)];
}

/** What each client keeps, and what one may keep. */
function usageLines({ quotas, clients, faults }: ClusterStatus): string[] {
  const used = clients.map(({ name, objects, bytes }) => `  ${name} keeps ${objects} objects, ${bytes} bytes`);
  return [
    `Each client may keep ${quotas.objects} objects of ${quotas.attributes} attributes, ${quotas.bytes} bytes in all.`,
    ...used,
    ...(faults > 0 ? [`${faults} mistakes in vcryptsim cost a request its answer; see the server's own output.`] : []),
  ];
}

function nodeLines(status: ClusterStatus): string[] {
  const { lastWrite } = status;
  if (status.role === 'leader') {
    const followers = status.followers.map(
      (one) => `${one.name} has write ${one.lastWrite}, ${lastWrite - one.lastWrite} behind`,
    );
    return [`Leader, last write ${lastWrite}.`, ...(followers.length > 0 ? followers : ['No follower is connected.'])];
  }
  const { leader, isLinked, trouble, leaderLastWrite, heardMs, copiedMs, maxLagMs, isTooOld } = status;
  const name = leader ?? 'a leader that was not reached yet';
  const heard =
    heardMs === null ? 'never heard' : `heard ${new Date(heardMs).toISOString()} at write ${leaderLastWrite}`;
  return [
    `Follower of ${name}, last write ${lastWrite}.`,
    isLinked ? `Linked; ${heard}.` : `Not linked (${trouble ?? 'not yet tried'}); ${heard}.`,
    copiedMs === null ? 'Not yet copied whole.' : `Copied whole as of ${new Date(copiedMs).toISOString()}.`,
    ...(maxLagMs === null
      ? []
      : [`The copy may be ${maxLagMs / 1000} s old${isTooOld ? ' and is older: keys are not answered' : ''}.`]),
  ];
}
