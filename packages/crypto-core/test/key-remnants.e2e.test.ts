import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';

const SCRIPT = fileURLToPath(new URL('memory/disposed-dek.mjs', import.meta.url));
const canScan = existsSync('/proc/self/mem');
if (!canScan) leftOut('memory scan of a disposed DEK', 'this system has no /proc/self/mem');

describe.skipIf(!canScan)('[S13] a disposed DEK', () => {
  it.each(['native', 'portable', 'per-unit', 'pooled'])(
    'on the %s engine is nowhere in the memory of its process',
    (engine) => {
      const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-memory-'));
      try {
        const snapshot = join(folder, 'heap.heapsnapshot');
        const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', SCRIPT, engine, snapshot], {
          encoding: 'utf8',
        });
        expect(stderr).toBe('');
        const { live, gone, masked, mask } = JSON.parse(stdout) as {
          live: number[];
          gone: number[];
          masked: string;
          mask: string;
        };
        // The scan finds what is there: every engine has Key1 and Key2 somewhere while the DEK lives.
        expect(live.every((copies) => copies > 0)).toBe(true);
        expect(gone).toEqual([0, 0, 0, 0]);

        const maskBytes = Buffer.from(mask, 'hex');
        const key = Buffer.from(Buffer.from(masked, 'hex').map((byte, index) => byte ^ maskBytes[index]!));
        const heap = readFileSync(snapshot, 'latin1');
        expect(heap).toContain('"snapshot"');
        for (const half of [key.subarray(0, 32), key.subarray(32)]) {
          const spellings = [half.toString('hex'), half.toString('base64').slice(0, 40), half.toString('latin1')];
          for (const spelling of spellings) expect(heap.includes(spelling)).toBe(false);
        }
        expect(heap.includes(key.toString('base64').slice(0, 84))).toBe(false);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
