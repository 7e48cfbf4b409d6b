// The workers of the tests.
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { acquire, inspect, tryAcquire } from 'ralph-lock';

const { what, root } = workerData;
const ignore = () => {};
const forever = () => setInterval(ignore, 1000);
const kinds = {
  async wait() {
    const wait = acquire(root, 'worker');
    parentPort.postMessage('waiting');
    const lock = await wait;
    parentPort.postMessage('held');
    await once(parentPort, 'message');
    await lock.release();
  },
  async keep() {
    globalThis.lock = await acquire(root, 'worker');
  },
  async exit() {
    globalThis.lock = await acquire(root, 'worker');
    for (let i = 0; i < 20; i++) acquire(root, 'waits').catch(ignore);
    process.exit(7);
  },
  async throw() {
    globalThis.lock = await acquire(root, 'worker');
    throw new Error('as a test');
  },
  async terminate() {
    globalThis.lock = await acquire(root, 'worker');
    parentPort.postMessage('held');
    forever();
  },
  async waits() {
    for (let i = 0; i < 3; i++) acquire(root, 'waits').catch(ignore);
    await inspect(root);
    parentPort.postMessage('waiting');
    forever();
  },
  async begins() {
    acquire(root, 'waits').catch(ignore);
    parentPort.postMessage('began');
    forever();
  },
  async takes() {
    parentPort.postMessage('takes');
    for (;;) {
      const calls = [0, 1, 2].map(() => tryAcquire(root, 'takes', { lockFile: 'taken.lock' }).catch(ignore));
      inspect(root).catch(ignore);
      for (const lock of await Promise.all(calls)) lock?.release();
    }
  },
  async 'times-out'() {
    for (let i = 0; i < 3; i++) acquire(root, 'waits', { timeout: i }).catch(ignore);
    parentPort.postMessage('waiting');
    forever();
  },
};
await kinds[what]();
