'use strict';
const { constants } = require('node:os');
const { holder } = require('./holder.js');

// For a number with two names, Node's own errors use the first.
const codes = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
);

function describe(error, { status, osCode, path }) {
  error.code = codes.get(osCode) ?? status;
  // Negative, as in the errors of node:fs.
  if (osCode) error.errno = -osCode;
  if (path !== undefined) error.path = path;
  error.status = status;
}

class LockError extends Error {
  constructor(failure) {
    super(failure.message);
    describe(this, failure);
  }
}

class HeldError extends Error {
  constructor(failure) {
    super(failure.message);
    describe(this, failure);
    this.holder = holder(failure.holder);
  }
}

class LockTimeoutError extends HeldError {}

for (const Type of [LockError, HeldError, LockTimeoutError]) {
  Object.defineProperty(Type.prototype, 'name', { value: Type.name, configurable: true, writable: true });
}

/** Returns the addon's result; throws it if it is a failure. */
function check(outcome) {
  if (outcome?.status === undefined) return outcome;
  switch (outcome.status) {
    case 'RALPH_LOCK_ALREADY_LOCKED':
      throw new HeldError(outcome);
    case 'RALPH_LOCK_TIMED_OUT':
      throw new LockTimeoutError(outcome);
    default:
      throw new LockError(outcome);
  }
}

module.exports = { check, HeldError, LockError, LockTimeoutError };
