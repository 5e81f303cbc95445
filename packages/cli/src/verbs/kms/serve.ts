import { resolve } from 'node:path';
import {
  defaultQuotas,
  KeyServer,
  looseFiles,
  PROTOCOL_PROFILES,
  type ProtocolProfile,
  type Quotas,
  type RegisteredClient,
  refuseLoose,
  serveAdministrator,
} from '@vcryptsim/kms';
import { type KeyServerName, NetworkError, visibleLine } from '@vcryptsim/ports';
import { ChildKeyPairs, OsFileSystem, SystemClock, SystemEntropy, TlsNetwork, UnixSocket } from '@vcryptsim/ports/os';
import { Command, Option } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { printError, printJsonText } from '../../output.js';
import { type ClusterOptions, leaderOf, openDoor, tellOfCluster, withClusterOptions } from './cluster-link.js';
import { lockToServe } from './folder-lock.js';
import { parseListenAddress, warningOf } from './listen-address.js';
import { parseQuota } from './quota-option.js';
import { asCliError } from './trouble.js';

interface ServeOptions extends ClusterOptions {
  readonly dir: string;
  readonly listen: string;
  readonly rootKey?: string;
  readonly san: readonly string[];
  readonly ec?: true;
  readonly quota: Partial<Quotas>;
  readonly anchor?: string;
  readonly strict?: true;
  readonly newAudit?: true;
  readonly profile: ProtocolProfile;
}

const EC_WARNING =
  'It shows an EC certificate too (pki/server-ec.pem). A client that trusts pki/ca.pem accepts it; one that trusts only ' +
  'pki/server.pem may refuse it.';

/** `vcryptsim kms serve`: serves until SIGTERM or SIGINT. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('Serve KMIP 1.0 to 1.4 over mutual TLS. For labs and tests, not for production keys.')
    .requiredOption('--dir <dir>', 'where keys, clients and certificates are kept; made at the first start')
    .option('--listen <host:port>', 'where to listen; port 0 picks a free one', '127.0.0.1:5696')
    .option('--root-key <file>', 'the key that seals all others (default DIR/root.key, made at the first start)')
    .option(
      '--san <name>',
      'a name or address in the server certificate, beside localhost and 127.0.0.1; may be given several times',
      (value: string, earlier: readonly string[]) => [...earlier, value],
      [],
    )
    .option('--ec', 'show an EC certificate to clients that can verify it, and the RSA one to the others')
    .option(
      '--quota <name=number>',
      `what one client may keep: objects (${defaultQuotas.objects}), bytes (${defaultQuotas.bytes}), attributes of an object (${defaultQuotas.attributes}), value (bytes of one attribute, ${defaultQuotas.value}); may be given several times`,
      (text: string, earlier: Partial<Quotas>) => ({ ...earlier, ...parseQuota(text) }),
      {},
    )
    .addOption(
      new Option(
        '--profile <name>',
        'vcenter-1.1 is the strict old server: it speaks KMIP 1.1 and 1.0 and nothing later',
      )
        .choices(Object.keys(PROTOCOL_PROFILES))
        .default('kmip-1.4'),
    )
    .option('--anchor <file>', 'outside DIR: remembers how far the store is, so that an old copy of DIR is refused')
    .option('--strict', 'refuse to start when others than the owner may change DIR or read its keys')
    .option('--new-audit', 'accept once that lines of the audit log are missing');
  return withClusterOptions(command)
    .addHelpText(
      'after',
      [
        '',
        'The last line on standard output says that it is ready: {"ready":true,"host":"127.0.0.1","port":5696}',
        '',
        'Example:',
        '  vcryptsim kms client add vcenter --dir lab-kms',
        '  vcryptsim kms serve --dir lab-kms',
        'A second node that copies it: vcryptsim kms follower add --help',
      ].join('\n'),
    )
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const { host, port } = parseListenAddress(options.listen);
  const folder = resolve(options.dir);
  const anchored = anchorOf(options);
  // While one fsync is under way on a thread, what other clients asked for gathers behind it and shares the next one.
  const files = new OsFileSystem({
    mode: 'pool',
    named: [options.rootKey, options.anchor].flatMap((path) => (path === undefined ? [] : [resolve(path)])),
  });
  const clock = new SystemClock();
  const keyPairs = new ChildKeyPairs();
  const stopped = stopSignal();
  try {
    const rootKey = options.rootKey === undefined ? undefined : resolve(options.rootKey);
    const loose = await looseFiles(files, folder, rootKey);
    if (options.strict) refuseLoose(loose);
    for (const sentence of loose) printError(`${sentence}\n`);
    const lock = await lockToServe(files, folder, clock);
    const network = new TlsNetwork(clock);
    try {
      const { leader, refusal } = await leaderOf(options, { folder, network });
      const server = await KeyServer.open({
        folder,
        files,
        clock,
        entropy: new SystemEntropy(),
        keyPairs,
        events: { emit: tellOfCluster },
        onFault: tellOfFault,
        alternativeNames: options.san,
        quotas: options.quota,
        ...(options.ec && { withEc: true }),
        ...(rootKey !== undefined && { rootKeyPath: rootKey }),
        ...anchored,
        ...(options.newAudit && { newAudit: true }),
        ...(leader && { leader }),
      });
      try {
        const nodeName = options.node as KeyServerName;
        const node = await server.listen({
          network,
          address: { host, port },
          nodeName,
          newestVersion: PROTOCOL_PROFILES[options.profile],
        });
        const door = await openDoor(server, options, network);
        const { administrator } = server;
        const adminDoor = await serveAdministrator({
          administrator,
          sockets: new UnixSocket(),
          folder,
          clock,
          onFault: tellOfFault,
        });
        greet(server, folder, [
          warningOf(host, "the clients' port"),
          door && warningOf(door.host, "the followers' port"),
        ]);
        printJsonText(`${JSON.stringify({ ready: true, ...node.address, ...(door && { replicate: door }) })}\n`);
        await Promise.race([stopped, refusal]).finally(() => adminDoor.close());
      } finally {
        await keyPairs.close();
        await server.close();
      }
    } finally {
      await network.dispose();
      await lock.release();
    }
  } catch (error) {
    throw addressTaken(error, host, port) ?? asCliError(error);
  }
}

/** A follower's store is what its leader has: the leader's anchor is for both. */
function anchorOf({ anchor, follow }: ServeOptions): { anchorPath?: string } {
  if (anchor === undefined) return {};
  if (follow === undefined) return { anchorPath: resolve(anchor) };
  const nextStep = "Give --anchor to the leader's server.";
  throw new CliError(EXIT.badInput, '--anchor and --follow do not go together.', nextStep);
}

function greet(server: KeyServer, folder: string, warnings: readonly (string | null)[]): void {
  const isReadable = (one: RegisteredClient) => one.certificates.length > 0 || one.authority !== null;
  const names = server
    .clients()
    .filter(isReadable)
    .map((client) => client.name);
  const unreadable = server.unreadable().map((line) => `Refused, while all others are served: ${visibleLine(line)}`);
  const { tornBytes, objects } = server.report;
  const torn =
    tornBytes === 0
      ? []
      : [`The last write before the last stop was not finished and not answered; its ${tornBytes} bytes are gone.`];
  const known =
    names.length === 0
      ? 'No client may connect yet. Add one: vcryptsim kms client add NAME --dir DIR'
      : `Clients: ${names.join(', ')}`;
  const lines = [
    'This key server is for labs and tests, not for production keys.',
    `Folder ${folder}, ${objects} objects. ${known}`,
    ...torn,
    ...(server.pki.identities.length > 1 ? [EC_WARNING] : []),
    ...unreadable,
    ...warnings.filter((line) => line !== null),
  ];
  printError(`${lines.join('\n')}\n`);
}

/** One answer or connection was lost to a mistake in vcryptsim: the stack helps whoever mends it. */
function tellOfFault(error: unknown): void {
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  printError(`A bug in vcryptsim left one request without an answer; the server keeps running.\n${told}\n`);
}

/** Resolves at the first SIGTERM or SIGINT. */
function stopSignal(): Promise<void> {
  return new Promise((resolveStop) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolveStop());
  });
}

function addressTaken(error: unknown, host: string, port: number): CliError | null {
  if (!(error instanceof NetworkError) || error.code !== 'ADDRESS_IN_USE') return null;
  return new CliError(
    EXIT.environment,
    `Port ${port} on ${host} is taken.`,
    'Choose another with --listen HOST:PORT (port 0 picks a free one), or end the program that holds it.',
  );
}
