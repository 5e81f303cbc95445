/** An error's code or class, for an event or an audit line; its text may hold anything. */
export function faultCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code.slice(0, 64);
  return error instanceof Error ? error.name.slice(0, 64) : typeof error;
}
