import { attempt, attemptInPlace, call } from './call.js';
import { check, LockError } from './errors.js';
import { takeHolder } from './holder.js';
import * as c from './library.js';

// Locks that nobody refers to any more are given up. To release a guard twice is harmless.
const forgotten = new FinalizationRegistry(c.release);

// The same on every Unix: fcntl(2).
const F_SETFD = 2;
const FD_CLOEXEC = 1;

export class Lock {
  #guard;
  /** Once the guard is ended, or is about to be: how that went. */
  #end;

  /** `guard` is a handle; `asBytes`: whether the path is to be given as a Buffer. */
  constructor(guard, asBytes) {
    this.#guard = guard;
    forgotten.register(this, guard, this);
    const path = c.bytesAt(c.guardPath(guard));
    this.path = asBytes ? path : path.toString();
  }

  release() {
    forgotten.unregister(this);
    this.#end ??= call(c.release, this.#guard).then(({ result, errno }) => this.#checkRelease(result, errno));
    return this.#end;
  }

  releaseSync() {
    if (this.#end) return;
    forgotten.unregister(this);
    this.#end = Promise.resolve();
    this.#checkRelease(c.release(this.#guard), c.koffi.errno());
  }

  // Where the symbol is missing, what transpilers use in its place.
  [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    return this.release();
  }

  async verify() {
    check(await attempt(c.guardVerify, this.#guard));
  }

  previous() {
    const metadata = [null];
    const outcome = attemptInPlace(c.guardPrevious, this.#guard, metadata);
    if (outcome.status !== 'RALPH_LOCK_NOT_FOUND') check(outcome);
    return takeHolder(metadata[0]);
  }

  intoFd() {
    const fd = [-1];
    check(attemptInPlace(c.guardIntoFd, this.#guard, fd));
    forgotten.unregister(this);
    this.#end = Promise.resolve();
    // Like all of Node's: a child has it through `stdio`, and would inherit this one as a second copy, which
    // its own children inherit too.
    c.fcntl(fd[0], F_SETFD, 'int', FD_CLOEXEC);
    return fd[0];
  }

  #checkRelease(status, osCode) {
    const name = c.statusName(status);
    if (name === 'RALPH_LOCK_OK') return;
    const message = `the lock is given up, but its record stays in ${this.path}`;
    throw new LockError({ status: name, message, osCode, path: String(this.path) });
  }
}
