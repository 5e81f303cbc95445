import { CliError, EXIT } from '../../exit.js';

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT` or `:PORT`.
 *
 * @throws CliError badInput
 */
export function parseListenAddress(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match && port <= 65_535) return { host: match[1] ?? (match[2] || '127.0.0.1'), port };
  throw new CliError(
    EXIT.badInput,
    `${text} is not an address to listen on.`,
    'Write HOST:PORT, for example 127.0.0.1:5696.',
  );
}

/** Says whether only programs on this machine reach an address. A name other than `localhost` may mean any. */
export function isLoopback(host: string): boolean {
  const address = host.toLowerCase().replace(/^::ffff:/, '');
  return address === 'localhost' || address === '::1' || /^127(?:\.\d{1,3}){3}$/.test(address);
}

/** What an administrator is told of an address that other machines may reach; null for one that they cannot. */
export function warningOf(host: string, what: string): string | null {
  if (isLoopback(host)) return null;
  return `Other machines may reach ${what} at ${host}. Let a firewall keep all but the lab's away, or use 127.0.0.1.`;
}
