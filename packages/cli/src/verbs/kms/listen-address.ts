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
