'use strict';

// The waits of each signal. One listener serves them all: Node warns about a leak if a signal has more than ten.
const waits = new WeakMap();

/** Calls the function once the signal aborts. Returns a function that cancels this. */
function onAbort(signal, call) {
  let calls = waits.get(signal);
  if (!calls) {
    calls = new Set();
    const listener = () => {
      waits.delete(signal);
      calls.forEach((call) => call());
    };
    calls.end = () => {
      waits.delete(signal);
      signal.removeEventListener('abort', listener);
    };
    waits.set(signal, calls);
    signal.addEventListener('abort', listener, { once: true });
  }
  calls.add(call);
  return () => {
    calls.delete(call);
    if (calls.size === 0 && waits.get(signal) === calls) calls.end();
  };
}

/** Why it aborted: signals older than the property `reason` have no reason of their own. */
function reason(signal) {
  return signal.reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : signal.reason;
}

module.exports = { onAbort, reason };
