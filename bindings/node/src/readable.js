// Descriptors in Node's event loop, through koffi's handles for libuv's polls.
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

import { koffi } from './library.js';

const polls = new Set();

/** Resolves with true once the descriptor is readable, with false once the signal aborts. */
export function readable(fd, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(false);
    const end = (result) => {
      poll.close();
      polls.delete(poll);
      signal?.removeEventListener('abort', abort);
      // Node runs what awaits this only after callbacks of its own.
      setImmediate(resolve, result);
    };
    const abort = () => end(false);
    const poll = koffi.node.poll(fd, { readable: true }, () => end(true));
    polls.add(poll);
    signal?.addEventListener('abort', abort);
  });
}

if (!isMainThread) {
  // Koffi ends the process when a poll calls a worker that has just ended.
  process.on('exit', () => polls.forEach((poll) => poll.close()));
  // libuv calls koffi's code once more after that, when it is unmapped unless another thread has it too: so
  // load it once more, for good.
  const dlopen = koffi.load(null).func('void *dlopen(const char *file, int mode)');
  const RTLD_LAZY = 1;
  const { cache } = createRequire(import.meta.url);
  for (const file of Object.keys(cache)) if (file.endsWith('koffi.node')) dlopen(file, RTLD_LAZY);
}
