// Ends workers that wait for the lock, at several moments of the wait. Usage: workers_end.js ROOT
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const file = fileURLToPath(new URL('waiting_worker.js', import.meta.url));
for (const pause of [0, 1, 2, 5, 10, 20]) {
  const worker = new Worker(file, { workerData: { root: process.argv[2], pause } });
  const [code] = await once(worker, 'exit');
  if (code !== 7) throw new Error(`the worker ended with ${code}`);
}
