import { readFileSync } from 'node:fs';
import { runWorld } from './world-run.js';

// Entry of a process that runs one world, whose options are given as JSON in the first argument, and prints its row. A
// process of its own for each size: the most memory that it ever took is that of its own world.

/** Memory is looked at after so many VMs. */
const LOOK_EVERY = 50;

const { vms, samples } = JSON.parse(process.argv[2] ?? '') as { readonly vms: number; readonly samples: number };
let [rssMax, rssEmpty] = [0, 0];
await runWorld({
  vms,
  samples,
  onStretch: (stretch, made) => {
    if (stretch === 'made' && made % LOOK_EVERY !== 0) return;
    const rss = process.memoryUsage.rss();
    if (stretch === 'built') rssEmpty = rss;
    rssMax = Math.max(rssMax, rss);
    if (process.send !== undefined) process.send({ stretch, made });
  },
});
const { user, system } = process.cpuUsage();
rssMax = Math.max(rssMax, highWaterMark());
const row = { vms, cpuSeconds: (user + system) / 1e6, rssMax, bytesPerVm: Math.round((rssMax - rssEmpty) / vms) };
process.stdout.write(`${JSON.stringify(row)}\n`);
process.disconnect?.();

/** The most memory that this process had, in bytes, where Linux says it; it is not that of the program that started it. */
function highWaterMark(): number {
  try {
    const [, kib = '0'] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return Number(kib) * 1024;
  } catch {
    return 0;
  }
}
