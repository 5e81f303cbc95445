import { resolve } from 'node:path';
import {
  type KeyServer,
  type KmsError,
  type KmsEvent,
  type LeaderAddress,
  readCertificates,
  readPrivateKey,
} from '@vcryptsim/kms';
import { exists, type FileSystem, type KeyServerName, type Network, NetworkError } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import type { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { printError } from '../../output.js';
import { parseListenAddress } from './listen-address.js';

const MAX_LAG_SECONDS_MAX = 86_400;

/** What `kms serve` is told of the cluster its node is in. */
export interface ClusterOptions {
  readonly node: string;
  readonly replicate?: string;
  readonly follow?: string;
  readonly link?: string;
  readonly maxLag?: string;
}

/** Adds the options of a node in a cluster. */
export function withClusterOptions(command: Command): Command {
  return command
    .option('--node <name>', 'what this node is called in audit lines and by its followers', 'kms')
    .option('--replicate <host:port>', 'where followers copy the store from; port 0 picks a free one')
    .option(
      '--follow <host:port>',
      "copy the store of the leader that replicates there, and take no changes; needs the leader's root key",
    )
    .option('--max-lag <seconds>', 'with --follow: answer nothing of keys while the copy is older than this')
    .option('--link <folder>', 'cert.pem, key.pem and ca.pem of kms follower add, for --follow (default DIR/link)');
}

/** The leader that options name, if they do. */
export interface FollowedLeader {
  readonly leader: LeaderAddress | null;
  /** Rejects when nothing was copied and nothing can be before an administrator acts; never resolves. */
  readonly refusal: Promise<never>;
}

/** @throws CliError badInput, environment; PkiError; FileError */
export async function leaderOf(
  options: ClusterOptions,
  o: { readonly folder: string; readonly network: Network },
): Promise<FollowedLeader> {
  let refuse: (error: KmsError) => void = () => {};
  const refusal = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  // It may come before anybody waits for it.
  refusal.catch(() => {});
  const maxLagMs = maxLagOf(options);
  if (options.follow === undefined) return { leader: null, refusal };
  if (options.replicate !== undefined) {
    const message = '--follow and --replicate exclude each other.';
    throw new CliError(EXIT.badInput, message, 'Let all followers follow the leader itself.');
  }
  const address = parseListenAddress(options.follow);
  const link = options.link === undefined ? `${o.folder}/link` : resolve(options.link);
  const named = new OsFileSystem({ named: 'all' });
  const identity = {
    chain: await certificatesIn(named, `${link}/cert.pem`),
    privateKey: await keyIn(named, `${link}/key.pem`),
  };
  const leader: LeaderAddress = {
    network: o.network,
    address,
    expectedName: address.host,
    identity,
    authorities: await certificatesIn(named, `${link}/ca.pem`),
    nodeName: options.node as KeyServerName,
    ...(maxLagMs !== null && { maxLagMs }),
    onRefused: (error) => {
      if (error.code === 'ROOT_KEY_WRONG') refuse(error);
      else printError(`${error.message} ${error.nextStep ?? ''}\n`);
    },
  };
  return { leader, refusal };
}

function maxLagOf({ maxLag, follow }: ClusterOptions): number | null {
  if (maxLag === undefined) return null;
  if (follow === undefined) {
    throw new CliError(
      EXIT.badInput,
      '--max-lag is for a node that follows.',
      'Name its leader with --follow HOST:PORT.',
    );
  }
  const seconds = Number(maxLag);
  if (Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= MAX_LAG_SECONDS_MAX) return seconds * 1000;
  const message = `${maxLag} is not a number of seconds from 1 to ${MAX_LAG_SECONDS_MAX}.`;
  throw new CliError(EXIT.badInput, message, 'Write a whole number, for example --max-lag 30.');
}

/** Opens the door for followers that the options ask for. Answers where it is, or null. */
export async function openDoor(
  server: KeyServer,
  options: ClusterOptions,
  network: Network,
): Promise<{ readonly host: string; readonly port: number } | null> {
  if (options.replicate === undefined) return null;
  const address = parseListenAddress(options.replicate);
  try {
    const door = await server.replicate({ network, address, nodeName: options.node as KeyServerName });
    return door.address;
  } catch (error) {
    if (!(error instanceof NetworkError && error.code === 'ADDRESS_IN_USE')) throw error;
    const message = `Port ${address.port} on ${address.host} is taken.`;
    throw new CliError(EXIT.environment, message, 'Choose another with --replicate HOST:PORT.');
  }
}

/** Says on standard error what happens between the nodes. */
export function tellOfCluster(event: KmsEvent): void {
  const line = lineOf(event);
  if (line !== null) printError(`${line}\n`);
}

function lineOf(event: KmsEvent): string | null {
  switch (event.type) {
    case 'FOLLOWER_JOINED':
      return `Follower ${event.follower} is connected.`;
    case 'FOLLOWER_LEFT':
      return `Follower ${event.follower} is not connected any more.`;
    case 'LEADER_LINKED':
      return `The leader is followed; what it wrote up to write ${event.lastWrite} is here.`;
    case 'LEADER_LOST':
      return `The leader cannot be followed (${event.code}). What is here is served; it is tried again.`;
    default:
      return null;
  }
}

async function certificatesIn(files: FileSystem, path: string): Promise<Uint8Array[]> {
  return (await readCertificates(files, path)) ?? missing(path);
}

async function keyIn(files: FileSystem, path: string) {
  return (await exists(files, path)) ? readPrivateKey(files, path) : missing(path);
}

function missing(path: string): never {
  throw new CliError(
    EXIT.environment,
    `There is no ${path}, by which the leader knows this node.`,
    "Make it with the leader's folder: vcryptsim kms follower add NAME --dir LEADER-DIR --out FOLDER, and name that with --link FOLDER.",
  );
}
