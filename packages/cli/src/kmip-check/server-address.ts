import { CliError, EXIT } from '../exit.js';

const DEFAULT_PORT = 5696;

/**
 * Reads `HOST`, `HOST:PORT`, `IPV6` in brackets with or without a port; the port of KMIP is 5696.
 *
 * @throws CliError badInput
 */
export function parseServerAddress(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  const nextStep = 'Write HOST:PORT, for example kms.example.org:5696 or [fd00::5]:5696.';
  throw new CliError(EXIT.badInput, `${text} is not the address of a server.`, nextStep);
}
