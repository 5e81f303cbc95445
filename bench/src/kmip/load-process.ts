import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { hasSucceeded, keyMaterial } from './answer-frames.js';
import type { Load, LoadResult } from './load.js';
import { clientContext, RawConnection } from './raw-connection.js';
import { createFrame, discoverVersionsFrame, getFrame, getStateFrame } from './request-frames.js';

// Entry of a client process: takes its load as JSON in the first argument, prints a line when it is warm, waits for a
// line on standard input so that all processes begin together, and prints its LoadResult.

const WARM_UP_TURNS = 10;

const { access, workload, connections, keyId, keySha256, measureMs } = JSON.parse(process.argv[2] ?? '') as Load;
const context = clientContext(access);
/** The key's bytes, once an answer has held those that were expected. */
let key: Uint8Array | null = null;
const [create, discover, get, getState] = [
  createFrame(),
  discoverVersionsFrame(),
  getFrame(keyId),
  getStateFrame(keyId),
];

const loops = await Promise.all(Array.from({ length: connections }, begin));
await Promise.all(
  loops.map(async ({ turn }) => {
    for (let i = 0; i < WARM_UP_TURNS; i++) await turn();
  }),
);
process.stdout.write('warm\n');
await once(process.stdin, 'data');
process.stdin.destroy();

const start = performance.now();
const latenciesMs: number[] = [];
await Promise.all(
  loops.map(async ({ turn }) => {
    for (let from = start; from - start < measureMs; ) {
      await turn();
      const now = performance.now();
      latenciesMs.push(now - from);
      from = now;
    }
  }),
);
const elapsedMs = performance.now() - start;
for (const { end } of loops) end();
const result: LoadResult = { turns: latenciesMs.length, elapsedMs, latenciesMs, tls: loops[0]?.tls() ?? '' };
process.stdout.write(`${JSON.stringify(result)}\n`);

interface Loop {
  turn(): Promise<void>;
  end(): void;
  tls(): string;
}

async function begin(): Promise<Loop> {
  if (workload === 'power-on') {
    let seen = '';
    const turn = async (): Promise<void> => {
      const connection = await RawConnection.open(access, context);
      if (seen === '') seen = connection.tls;
      await succeed(connection, discover);
      await succeed(connection, get, true);
      await succeed(connection, getState);
      connection.close();
    };
    return { turn, end: () => {}, tls: () => seen };
  }
  const connection = await RawConnection.open(access, context);
  const turn = () => (workload === 'get' ? succeed(connection, get, true) : succeed(connection, create));
  return { turn, end: () => connection.close(), tls: () => connection.tls };
}

/** Every answer is looked at: one that failed, or another key, makes the whole measurement void. */
async function succeed(connection: RawConnection, request: Uint8Array, isGet = false): Promise<void> {
  const answer = await connection.exchange(request);
  if (!hasSucceeded(answer)) throw new Error(`a request of the load ${workload} failed`);
  if (isGet && !isTheKey(keyMaterial(answer))) throw new Error('Get answered another key');
}

function isTheKey(answered: Uint8Array | null): boolean {
  if (answered === null) return false;
  if (key !== null) return Buffer.compare(key, answered) === 0;
  key = answered.slice();
  return createHash('sha256').update(key).digest('hex') === keySha256;
}
