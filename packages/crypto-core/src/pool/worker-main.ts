import { parentPort, workerData } from 'node:worker_threads';
import type { ToWorker } from './messages.js';
import { WorkerSide } from './worker-side.js';

// The entry of a worker thread: everything it does is in WorkerSide.
const side = new WorkerSide(workerData);
parentPort?.on('message', (message: ToWorker) => {
  const answer = side.handle(message);
  if (answer !== null) parentPort?.postMessage(answer);
});
