// A short run of `npm run kms:kill9`, and the proof that it finds a server that answers before it has written.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../scripts/kill9.mjs', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly last: { readonly kills: number; readonly lost: number; readonly resurrected: number };
  readonly out: string;
}

async function kill9(...words: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [SCRIPT, ...words]);
  let out = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  const [code] = await once(child, 'close');
  return { code, last: JSON.parse(out.trim().split('\n').at(-1) ?? ''), out };
}

describe('a key server that is killed', () => {
  it('[S14] keeps what it answered through five SIGKILLs', async () => {
    const { code, last, out } = await kill9('--n', '5');
    expect(last, out).toEqual({ kills: 5, lost: 0, resurrected: 0 });
    expect(code).toBe(0);
  });

  it('is caught when it answers before it has written', async () => {
    const { code, last } = await kill9('--n', '8', '--plant', 'write-behind', '--seed', '3');
    expect(last.lost + last.resurrected).toBeGreaterThan(0);
    expect(code).toBe(1);
  });
});
