import { NetworkError } from '../../network.js';

/** Says in our words why a dial failed. */
export function dialError(error: unknown, host: string, port: number): NetworkError {
  const code = systemCode(error);
  if (code === 'ECONNREFUSED')
    return new NetworkError('REFUSED', `${host}:${port} refused the connection: no server is listening there`);
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return new NetworkError('RESET', `${host}:${port} broke off the connection`);
  return new NetworkError('UNREACHABLE', `${host}:${port} cannot be reached (${code}); check the address`);
}

/** Says in our words why a port could not be listened on. */
export function listenError(error: unknown, host: string, port: number): NetworkError {
  const code = systemCode(error);
  const where = `${host}:${port}`;
  if (code === 'EADDRINUSE') return new NetworkError('ADDRESS_IN_USE', `${where} is taken; choose another port, or 0`);
  if (code === 'EACCES' || code === 'EPERM') {
    return new NetworkError('NOT_PERMITTED', `you may not listen on ${where}; use a port above 1023`);
  }
  return new NetworkError('UNREACHABLE', `${where} is not an address of this machine (${code})`);
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
