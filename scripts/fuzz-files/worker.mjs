// One thread of npm run fuzz:files: its share of the inputs, each with a chance of its own, so that a finding can be had again.
import { parentPort, workerData } from 'node:worker_threads';
import { chanceOf } from '../harden/support/chance.mjs';
import { checkDescriptor, checkVmx } from './check-files.mjs';
import { bend, DESCRIPTOR_FILES, VMX_FILES } from './corpus.mjs';

// Most refusals are on purpose; their stacks would cost more than everything else.
Error.stackTraceLimit = 0;

const SHOWN_BYTES = 300;
const KINDS = [
  { name: 'VMX', files: VMX_FILES, check: checkVmx },
  { name: 'descriptor', files: DESCRIPTOR_FILES, check: checkDescriptor },
];
const { n, seed, first, step } = workerData;
const read = { VMX: 0, descriptor: 0 };
const findings = [];
for (let at = first; at < n; at += step) {
  const chance = chanceOf(seed * 1_000_003 + at);
  const { name, files, check } = KINDS[chance.below(2)];
  const bytes = bend(chance.pick(files), chance);
  try {
    if (check(bytes, chance)) read[name] += 1;
  } catch (error) {
    const shown = JSON.stringify(bytes.toString('latin1').slice(0, SHOWN_BYTES));
    findings.push(`seed ${seed}, input ${at}, ${name}: ${error.name}: ${error.message}: ${shown}`);
  }
}
parentPort.postMessage({ read, findings });
