// Starts the real program (dist) in a process of its own, as a user does.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const BIN = resolve(ROOT, 'packages/cli/bin/vcryptsim.js');

/** How a run of the program ended. */
export interface CliOutcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(words: readonly string[], cwd: string): ChildProcessWithoutNullStreams {
  const env = { ...process.env, NO_COLOR: '1', CI: 'true' };
  const child = spawn(process.execPath, [BIN, ...words], { cwd, env });
  child.stdin.end();
  return child;
}

/** Runs `vcryptsim WORDS...` to its end. Paths may be relative to the project's folder. */
export async function runCli(words: readonly string[], o: { readonly cwd?: string } = {}): Promise<CliOutcome> {
  const child = start(words, o.cwd ?? ROOT);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  const [exitCode] = await once(child, 'close');
  return { exitCode, stdout, stderr };
}

/** A server that was started and is ready. */
export interface RunningCli {
  /** What it said when it was ready. */
  readonly ready: { readonly host: string; readonly port: number };
  /** Asks it to end (SIGTERM) and answers its exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a machine that is switched off does (SIGKILL). */
  kill(): Promise<void>;
  stderr(): string;
}

/** Starts `vcryptsim WORDS...` and waits for its line `{"ready":true,...}`. Rejects when it ends before that. */
export async function startServer(words: readonly string[]): Promise<RunningCli> {
  const child = start(words, ROOT);
  let stderr = '';
  child.stderr.on('data', (data) => (stderr += data));
  const closed = once(child, 'close').then(([exitCode]) => exitCode as number | null);
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('{"ready":true')) return JSON.parse(line) as RunningCli['ready'];
    }
    throw new Error(`the server ended before it was ready: ${stderr}`);
  })();
  return {
    ready: await ready,
    stop: () => {
      child.kill('SIGTERM');
      return closed;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
    stderr: () => stderr,
  };
}

/** True when output holds a stack trace: what a user must never see for what a user can cause. */
export function hasStackTrace(output: string): boolean {
  return /^\s+at \S.*:\d+:\d+\)?$/m.test(output) || /node:internal/.test(output);
}
