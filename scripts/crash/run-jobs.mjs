// Gives jobs to two processes, one after another to whichever is free: each a walk of one scenario, or the teeth of one.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { root } from '../read-typescript.mjs';

const WORKERS = 2;

/**
 * @param {readonly object[]} jobs each with `kind`, `scenario` and what its work wants
 * @param {(report: any) => void} onReport told of each as it ends
 * @returns {Promise<{ reports: any[], failures: string[], cpuSeconds: number }>} cpuSeconds is that of the workers
 */
export async function runJobs(jobs, onReport) {
  const queue = [...jobs];
  const result = { reports: [], failures: [], cpuSeconds: 0 };
  await Promise.all(Array.from({ length: Math.min(WORKERS, queue.length) }, () => runWorker(queue, result, onReport)));
  return result;
}

/** Names of all scenarios: a worker that gets no job has nothing but those to say. */
export function scenarioNames() {
  return new Promise((resolve, reject) => {
    let known = [];
    const child = worker((message) => {
      if (message.scenarios) known = message.scenarios;
      if (message.ready) child.send('end');
      if (message.cpuSeconds !== undefined) resolve(known);
    });
    child.on('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
}

function worker(onMessage) {
  const child = fork(fileURLToPath(new URL('./worker.mjs', import.meta.url)), [], { cwd: root });
  child.on('message', onMessage);
  return child;
}

function runWorker(queue, result, onReport) {
  return new Promise((resolve) => {
    let current = null;
    const child = worker((message) => {
      if (message.report) {
        result.reports.push(message.report);
        onReport(message.report);
      }
      if (message.failed) result.failures.push(message.failed);
      if (message.cpuSeconds !== undefined) result.cpuSeconds += message.cpuSeconds;
      if (message.ready || message.report || message.failed) {
        current = queue.shift() ?? null;
        child.send(current ?? 'end');
      }
    });
    child.on('exit', (code, signal) => {
      if (current !== null) result.failures.push(`the worker of ${current.scenario} ended: ${signal ?? code}`);
      resolve();
    });
  });
}
