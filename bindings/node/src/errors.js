import { constants } from 'node:os';

import { takeHolder } from './holder.js';

// Of numbers with two names the first one is what Node's own errors say.
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

export class LockError extends Error {
  constructor(outcome) {
    super(outcome.message);
    describe(this, outcome);
  }
}

export class HeldError extends Error {
  constructor(outcome, holder) {
    super(outcome.message);
    describe(this, outcome);
    this.holder = holder;
  }
}

export class LockTimeoutError extends HeldError {}

for (const type of [LockError, HeldError, LockTimeoutError]) type.prototype.name = type.name;

/** Throws what the outcome of a call says, unless the call worked. `holder` is a handle, or null. */
export function check(outcome, holder = null) {
  switch (outcome.status) {
    case 'RALPH_LOCK_OK':
      return;
    case 'RALPH_LOCK_ALREADY_LOCKED':
      throw new HeldError(outcome, takeHolder(holder));
    case 'RALPH_LOCK_TIMED_OUT':
      throw new LockTimeoutError(outcome, takeHolder(holder));
    default:
      throw new LockError(outcome);
  }
}
