import { randomBytes } from 'node:crypto';
import { nativeEngine } from '@vcryptsim/crypto-core';

/** How the memory of the process went while much data passed through; bytes throughout. */
export interface SoakResult {
  readonly bytes: number;
  readonly rssStart: number;
  readonly rssEnd: number;
  readonly rssMax: number;
}

/** The soak passes when the end is within this much of the start. */
export const SOAK_RSS_BAR_BYTES = 64 * 2 ** 20;

const REQUEST_BYTES = 1_048_576;
/** Memory is looked at this often, and the first look is after as much, when everything is compiled and allocated. */
const SAMPLE_EVERY_BYTES = 128 * REQUEST_BYTES;

/**
 * Sends `bytes` through the native engine in 1 MiB requests, encrypting and decrypting by turns, and watches the
 * resident memory of this process.
 */
export function runXtsSoak(o: { bytes: number; onProgress?: (doneBytes: number) => void }): SoakResult {
  const engine = nativeEngine();
  const cipher = engine.prepare(randomBytes(64));
  const buffer = engine.allocateBuffer(REQUEST_BYTES);
  let [rssStart, rssMax, rss] = [0, 0, 0];
  let done = 0;
  for (let unit = 0n; done < o.bytes || rssStart === 0; unit += BigInt(REQUEST_BYTES / 512)) {
    if (unit % 4096n === 0n) cipher.encryptRun(buffer, unit, 512);
    else cipher.decryptRun(buffer, unit, 512);
    done += REQUEST_BYTES;
    if (done % SAMPLE_EVERY_BYTES !== 0) continue;
    rss = process.memoryUsage.rss();
    rssMax = Math.max(rssMax, rss);
    if (rssStart === 0) rssStart = rss;
    o.onProgress?.(done);
  }
  rss = process.memoryUsage.rss();
  return { bytes: done, rssStart, rssEnd: rss, rssMax: Math.max(rssMax, rss) };
}
