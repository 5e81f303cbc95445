import { createCipheriv, randomBytes } from 'node:crypto';

// Entry of a process that prints how fast OpenSSL's AES-256-ECB is in it, MB/s, the best of some short runs: which AES this
// process has, and nothing of the product's engines.

const [RUNS, CALLS] = [25, 8];
const cipher = createCipheriv('aes-256-ecb', randomBytes(32), null).setAutoPadding(false);
const block = randomBytes(65_536);
let best = 0;
for (let run = 0; run < RUNS; run += 1) {
  const start = performance.now();
  for (let call = 0; call < CALLS; call += 1) cipher.update(block);
  best = Math.max(best, (CALLS * block.length) / (performance.now() - start) / 1000);
}
process.stdout.write(`${best}\n`);
