'use strict';
const { isUint8Array } = require('node:util').types;
const addon = require('./addon.js');
const argument = require('./arguments.js');
const { check } = require('./errors.js');
const { holder } = require('./holder.js');

// This thread's lock objects, by the addon's numbers.
const objects = new Map();

// The garbage collector never releases a lock: a program that lost its Lock object may still work under the lock.
const forgotten = new FinalizationRegistry(({ number, path }) => {
  // `held` may have made another object for the lock meanwhile.
  if (objects.get(number)?.deref()) return;
  objects.delete(number);
  if (!addon.isHeld(number)) return;
  process.emitWarning(
    `the lock of ${JSON.stringify(path)} is still held, but nothing refers to its Lock object any more. ` +
      `It stays held until this thread ends. To release it, keep the object; \`await held(root)\` gives one again.`,
    { type: 'RalphLockWarning', code: 'RALPH_LOCK_FORGOTTEN' },
  );
});

// Only this module makes locks.
const key = Symbol('ralph-lock');

class Lock {
  #number;
  /** The promise of the release, once it has begun. */
  #end;

  constructor(given, number, path) {
    if (given !== key) throw new TypeError('A Lock comes from acquire, tryAcquire, adopt or held');
    this.#number = number;
    Object.defineProperty(this, 'path', { value: path, enumerable: true });
    objects.set(number, new WeakRef(this));
    forgotten.register(this, { number, path: String(path) }, this);
  }

  release() {
    this.#end ??= this.#forget(() => addon.release(this.#number)).then(check);
    return this.#end;
  }

  releaseSync() {
    if (this.#end) return;
    this.#end = Promise.resolve();
    check(this.#forget(() => addon.releaseSync(this.#number)));
  }

  async verify() {
    check(await addon.verify(this.#number));
  }

  async restore() {
    check(await addon.restore(this.#number));
  }

  previous() {
    return holder(check(addon.previous(this.#number)));
  }

  intoFd() {
    const outcome = this.#forget(() => addon.intoFd(this.#number));
    this.#end ??= Promise.resolve();
    return check(outcome);
  }

  /** Ends the lock, after which the object may be collected. */
  #forget(end) {
    forgotten.unregister(this);
    objects.delete(this.#number);
    return end();
  }
}

// If a symbol is missing, the transpilers' substitute.
const define = (name, value) =>
  Object.defineProperty(Lock.prototype, Symbol[name] ?? Symbol.for(`Symbol.${name}`), {
    value,
    configurable: true,
    writable: true,
  });
define('asyncDispose', Lock.prototype.release);
define('dispose', Lock.prototype.releaseSync);

/** The object for a lock that the addon holds. */
function lockOf({ number, path }, root) {
  return objects.get(number)?.deref() ?? new Lock(key, number, isUint8Array(root) ? path : path.toString());
}

async function held(root, options) {
  const { lockFile } = argument.options(options, ['lockFile']);
  const found = check(
    await addon.held(argument.path('root', root), argument.optionalPath('options.lockFile', lockFile)),
  );
  if (!found || !addon.isHeld(found.number)) return null;
  return lockOf(found, root);
}

module.exports = { held, Lock, lockOf };
