import { spawn } from 'node:child_process';

/**
 * Runs a command of the user's by the shell, with our own standard error as its output, and waits for its end.
 *
 * @param command as a user would type it
 * @returns its exit code; null when a signal ended it
 */
export function runCommand(command: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ['ignore', process.stderr, process.stderr] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code));
  });
}
