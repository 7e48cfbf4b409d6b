// Terminates a worker that waits for a descriptor at which nothing ever happens. Usage: terminate.js FIFO, to
// be made
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

if (isMainThread) {
  const [fifo] = process.argv.slice(2);
  execFileSync('mkfifo', [fifo]);
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: fifo });
  await once(worker, 'message');
  await worker.terminate();
} else {
  const fs = await import('node:fs');
  const { internal } = await import('../help.js');
  const { readable } = await internal('readable.js');
  readable(fs.openSync(workerData, fs.constants.O_RDWR | fs.constants.O_NONBLOCK));
  parentPort.postMessage('waiting');
}
