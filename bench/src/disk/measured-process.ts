import { type DiskWork, runDiskWork } from './disk-work.js';

// Entry of a process that puts one load on a disk, given as JSON in the first argument, and prints what it brought as JSON.

const work = JSON.parse(process.argv[2] ?? '') as DiskWork;
process.stdout.write(`${JSON.stringify(await runDiskWork(work))}\n`);
