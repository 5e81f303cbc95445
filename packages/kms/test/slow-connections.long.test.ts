// Short runs of `npm run kms:slowloris`. What a good client waits is for the script's own bar; here: it is served, and
// the hostile ones are dropped.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../scripts/slow-connections.mjs', import.meta.url));

interface Outcome {
  readonly refused: number;
  readonly dropped: Readonly<Record<'silent' | 'hello' | 'request', number>>;
  readonly mostOpen: number;
  readonly serverEndedWith: number;
}

async function slowConnections(silent: number, slow: number, seconds: number): Promise<Outcome> {
  const words = ['--silent', silent, '--slow', slow, '--seconds', seconds].map(String);
  const child = spawn(process.execPath, [SCRIPT, ...words]);
  let out = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  await once(child, 'close');
  return JSON.parse(out.trim().split('\n').at(-1) ?? '');
}

describe('a key server with hostile connections', () => {
  it('drops every kind within ten seconds, and serves a good client meanwhile', async () => {
    const { refused, dropped, serverEndedWith } = await slowConnections(40, 40, 12);
    expect({ refused, serverEndedWith }).toEqual({ refused: 0, serverEndedWith: 0 });
    expect(dropped.silent).toBeGreaterThanOrEqual(40);
    expect(dropped.hello).toBeGreaterThanOrEqual(20);
    expect(dropped.request).toBeGreaterThanOrEqual(20);
  });

  it('bounds half-open connections, and those of one client', async () => {
    const { refused, dropped, mostOpen } = await slowConnections(400, 160, 3);
    expect(refused).toBe(0);
    expect(dropped.silent).toBeGreaterThanOrEqual(400 - 256);
    expect(dropped.request).toBeGreaterThanOrEqual(80 - 64);
    expect(mostOpen).toBeLessThan(560);
  });
});
