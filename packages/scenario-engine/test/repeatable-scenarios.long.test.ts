// Every scenario in memory, every second one twice, every fourth one twice over TLS (all pass over TLS in scenarios.e2e.test.ts), and with a
// kernel that is late: the same seed gives the same log and the same files.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { delayTheKernel } from '../../simkit/test/support/late-kernel.js';
import { type Audience, NO_AUDIENCE } from '../src/index.js';
import { run, SCENARIOS, troubles } from './support/run.js';

const names = readdirSync(SCENARIOS).filter((name) => name.endsWith('.yaml'));
const DEMO = join(SCENARIOS, 'host-reboot-without-kms.yaml');

describe('the scenarios', () => {
  it.each(names)('%s passes, and one seed gives one log', async (name) => {
    const path = join(SCENARIOS, name);
    if (names.indexOf(name) % 4 === 0) {
      const overTls = await run(path, { wire: 'tls' });
      expect(troubles(overTls)).toEqual([]);
      const overTlsAgain = await run(path, { wire: 'tls' });
      expect(overTlsAgain.eventLogSha256).toBe(overTls.eventLogSha256);
    }
    const inMemory = await run(path, { wire: 'memory' });
    expect(troubles(inMemory)).toEqual([]);
    expect(inMemory.status).toBe('passed');
    if (names.indexOf(name) % 2 !== 0) return;
    const inMemoryAgain = await run(path, { wire: 'memory' });
    expect(inMemoryAgain.eventLogSha256).toBe(inMemory.eventLogSha256);
    expect(inMemoryAgain.datastoreSha256).toBe(inMemory.datastoreSha256);
  });
});

describe('one seed gives one log', () => {
  it.each(['second-key-server.yaml', 'lagging-replica.yaml'])(
    'also when the kernel hands bytes over late: %s',
    async (name) => {
      const path = join(SCENARIOS, name);
      const prompt = await run(path, { wire: 'tls' });
      const backToNormal = delayTheKernel();
      try {
        for (let round = 0; round < 3; round++) {
          const late = await run(path, { wire: 'tls' });
          expect(troubles(late)).toEqual([]);
          expect(late.eventLogSha256).toBe(prompt.eventLogSha256);
        }
      } finally {
        backToNormal();
      }
    },
  );

  it('also when somebody watches, and takes time between the steps', async () => {
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 15));
    const watcher: Audience = { ...NO_AUDIENCE, begins: pause, stepBegins: pause, stepEnds: pause };
    const alone = await run(DEMO, { wire: 'tls' });
    const watched = await run(DEMO, { wire: 'tls', audience: watcher });
    expect(watched.eventLogSha256).toBe(alone.eventLogSha256);
  });
});
