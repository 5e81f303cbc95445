import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../assert.js';
import type { ToWorker } from './messages.js';
import { WorkerSide } from './worker-side.js';

// The entry of a worker thread: everything it does is in WorkerSide.
const port = parentPort;
assert(port !== null, 'worker-main.js is the entry of a worker thread; the pool starts it');
const side = new WorkerSide(workerData);
port.on('message', (message: ToWorker) => side.handle(message, (answer) => port.postMessage(answer)));
