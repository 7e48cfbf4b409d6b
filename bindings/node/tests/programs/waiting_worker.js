// A worker that exits while it waits for the lock, many times over.
import { workerData } from 'node:worker_threads';
import { acquire } from 'ralph-lock';

for (let i = 0; i < 20; i++) acquire(workerData.root, 'waits');
setTimeout(() => process.exit(7), workerData.pause);
