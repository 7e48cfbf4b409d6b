'use strict';
const { onAbort, reason } = require('./abort.js');
const addon = require('./addon.js');
const argument = require('./arguments.js');
const { check } = require('./errors.js');
const { lockOf } = require('./lock.js');

async function tryAcquire(root, prompt, options) {
  const { lockFile } = argument.options(options, ['lockFile']);
  const where = [argument.path('root', root), argument.text('prompt', prompt)];
  return lockOf(check(await addon.tryAcquire(...where, argument.optionalPath('options.lockFile', lockFile))), root);
}

async function acquire(root, prompt, options) {
  const { signal, timeout, lockFile } = argument.options(options, ['signal', 'timeout', 'lockFile']);
  const what = [
    argument.path('root', root),
    argument.text('prompt', prompt),
    argument.milliseconds('options.timeout', timeout),
    argument.optionalPath('options.lockFile', lockFile),
  ];
  argument.abortSignal('options.signal', signal);
  if (!signal) return lockOf(check(await addon.acquire(addon.newWait(), ...what)), root);
  if (signal.aborted) throw reason(signal);
  const wait = addon.newWait();
  const forget = onAbort(signal, () => addon.cancel(wait));
  let outcome;
  try {
    outcome = await addon.acquire(wait, ...what);
  } finally {
    forget();
  }
  if (signal.aborted) {
    // The lock may have come at the same instant.
    if (outcome.number !== undefined) check(await addon.release(outcome.number));
    throw reason(signal);
  }
  return lockOf(check(outcome), root);
}

async function adopt(root, prompt, fd, options) {
  const { lockFile } = argument.options(options, ['lockFile']);
  const what = [
    argument.path('root', root),
    argument.text('prompt', prompt),
    argument.int('fd', fd),
    argument.optionalPath('options.lockFile', lockFile),
  ];
  return lockOf(check(await addon.adopt(...what)), root);
}

module.exports = { acquire, adopt, tryAcquire };
