import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ServerAccess } from './raw-connection.js';

/** Processes run what was built, also when the bench itself is run from its sources. */
const LOAD_PROCESS = fileURLToPath(new URL('../../dist/kmip/load-process.js', import.meta.url));

/**
 * What clients do over and over: `get` and `create` on connections that stay open; `power-on` what vCenter does when it
 * powers on an encrypted VM: connect, Discover Versions, Get, Get Attributes [State], close.
 */
export type Workload = 'get' | 'create' | 'power-on';

/** What one client process shall do. */
export interface Load {
  readonly access: ServerAccess;
  readonly workload: Workload;
  /** Each does one turn after the other. */
  readonly connections: number;
  readonly keyId: string;
  /** SHA-256 of the bytes that Get must answer, hex. */
  readonly keySha256: string;
  readonly measureMs: number;
}

/** What one client process did. */
export interface LoadResult {
  readonly turns: number;
  readonly elapsedMs: number;
  readonly latenciesMs: readonly number[];
  readonly tls: string;
}

/** What all client processes of one measurement did together. */
export interface Sample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly tls: string;
}

/**
 * Puts one load on a server from several processes that begin together.
 *
 * @throws Error when a request failed or a process ended early
 */
export async function measureLoad(load: Load, processes: number): Promise<Sample> {
  const clients = Array.from({ length: processes }, () => new LoadProcess(load));
  try {
    await Promise.all(clients.map((client) => client.line()));
    for (const client of clients) client.begin();
    const results = await Promise.all(clients.map(async (client) => JSON.parse(await client.line()) as LoadResult));
    const latencies = results.flatMap((result) => result.latenciesMs).sort((a, b) => a - b);
    return {
      perSecond: results.reduce((sum, { turns, elapsedMs }) => sum + (turns * 1000) / elapsedMs, 0),
      p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
      p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
      tls: results[0]?.tls ?? '',
    };
  } finally {
    for (const client of clients) client.end();
  }
}

/** A client process and the lines it prints. */
class LoadProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #failure: Error | null = null;
  #wake: () => void = () => {};

  constructor(load: Load) {
    const child = spawn(process.execPath, [LOAD_PROCESS, JSON.stringify(load)]);
    this.#child = child;
    let [printed, complaint] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (printed + text).split('\n');
      printed = lines.pop() ?? '';
      this.#lines.push(...lines);
      this.#wake();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.stdin.on('error', () => {}); // the exit code tells
    child.on('error', (error) => this.#fail(error));
    child.on('close', (code) => this.#fail(new Error(`a client process ended with code ${code}: ${complaint}`)));
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  begin(): void {
    this.#child.stdin?.write('begin\n');
  }

  end(): void {
    this.#child.kill();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }
}
