import { setMaxListeners } from 'node:events';

import * as argument from './arguments.js';
import { attempt, call } from './call.js';
import { check } from './errors.js';
import * as c from './library.js';
import { Lock } from './lock.js';
import { readable } from './readable.js';

export async function tryAcquire(root, prompt, { lockFile } = {}) {
  const where = [argument.path('root', root), argument.text('prompt', prompt)];
  const guard = [null];
  const holder = [null];
  const outcome = await withOptions(0, lockFile, (options) =>
    attempt(c.acquireWith, ...where, options, guard, holder),
  );
  check(outcome, holder[0]);
  return new Lock(guard[0], isBytes(root));
}

export async function acquire(root, prompt, { signal, timeout, lockFile } = {}) {
  argument.abortSignal('options.signal', signal)?.throwIfAborted();
  // One signal may end many waits, which is no leak of listeners.
  if (signal) setMaxListeners(0, signal);
  const waiter = await newWaiter(root, prompt, argument.milliseconds('options.timeout', timeout), lockFile);
  const guard = [null];
  const holder = [null];
  let outcome;
  try {
    do {
      c.metadataFree(holder[0]);
      outcome = await attempt(c.waiterStep, waiter, guard, holder);
    } while (outcome.status === 'RALPH_LOCK_ALREADY_LOCKED' && (await readable(c.waiterFd(waiter), signal)));
  } finally {
    await call(c.waiterFree, waiter);
  }
  if (signal?.aborted) {
    c.metadataFree(holder[0]);
    // The library may have got the lock while the signal came.
    if (guard[0] !== null) await call(c.release, guard[0]);
    throw signal.reason;
  }
  check(outcome, holder[0]);
  return new Lock(guard[0], isBytes(root));
}

export async function adopt(root, prompt, fd, { lockFile } = {}) {
  const where = [argument.path('root', root), argument.text('prompt', prompt)];
  const descriptor = argument.descriptor('fd', fd);
  const guard = [null];
  check(
    await withOptions(undefined, lockFile, (options) =>
      attempt(c.adoptFd, ...where, options, descriptor, guard),
    ),
  );
  return new Lock(guard[0], isBytes(root));
}

async function newWaiter(root, prompt, timeout, lockFile) {
  const where = [argument.path('root', root), argument.text('prompt', prompt)];
  const waiter = [null];
  check(await withOptions(timeout, lockFile, (options) => attempt(c.waiterNew, ...where, options, waiter)));
  return waiter[0];
}

/** Makes options for one call. `timeout` is in milliseconds; undefined for as long as it takes. */
async function withOptions(timeout, lockFile, use) {
  const options = c.optionsNew();
  try {
    if (timeout !== undefined) c.optionsSetTimeout(options, timeout);
    if (lockFile !== undefined) setLockFile(options, lockFile);
    return await use(options);
  } finally {
    c.optionsFree(options);
  }
}

function setLockFile(options, lockFile) {
  const status = c.optionsSetLockFile(options, argument.path('options.lockFile', lockFile));
  const message = 'options.lockFile must be a path below the workspace root, without ".."';
  check({ status: c.statusName(status), message, osCode: 0, path: String(lockFile) });
}

function isBytes(root) {
  return root instanceof Uint8Array;
}
