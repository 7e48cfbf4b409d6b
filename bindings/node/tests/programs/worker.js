// A worker that waits for the lock, and keeps it until it is told to release it.
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { acquire } from 'ralph-lock';

const wait = acquire(workerData, 'worker');
parentPort.postMessage('waiting');
const lock = await wait;
parentPort.postMessage('held');
await once(parentPort, 'message');
await lock.release();
