import { spawn } from 'node:child_process';

/** How the start of a program went. */
export type DetachedStart = { readonly line: string } | { readonly exitCode: number | null; readonly stderr: string };

/**
 * Starts a program that goes on when this one ends: in a session of its own, without a terminal, and with nobody who
 * reads what it writes once its first line has come.
 *
 * @param command absolute path of an executable
 * @returns its first line on standard output, or, when it ended before that, its exit code and standard error
 */
export function startDetached(command: string, args: readonly string[]): Promise<DetachedStart> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const end = stdout.indexOf('\n');
      if (end < 0) return;
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      resolve({ line: stdout.slice(0, end) });
    });
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stderr }));
  });
}
