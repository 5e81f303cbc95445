import { runStep, type StepWork } from './steps.js';

// Entry of a process that does one step of the bench of recrypts, given as JSON in the first argument, and prints what it
// took as JSON. A fresh process for each, as in bench xts.

const work = JSON.parse(process.argv[2] ?? '') as StepWork;
process.stdout.write(`${JSON.stringify(await runStep(work))}\n`);
