'use strict';

const { acquire, adopt, tryAcquire } = require('./src/acquire.js');
const {
  findKeepers,
  findRoot,
  inspect,
  isLocked,
  probeFilesystem,
  readExisting,
  signalHolder,
} = require('./src/ask.js');
const { HeldError, LockError, LockTimeoutError } = require('./src/errors.js');
const { held, Lock } = require('./src/lock.js');

module.exports = {
  acquire,
  adopt,
  findKeepers,
  findRoot,
  held,
  HeldError,
  inspect,
  isLocked,
  Lock,
  LockError,
  LockTimeoutError,
  probeFilesystem,
  readExisting,
  signalHolder,
  tryAcquire,
};
