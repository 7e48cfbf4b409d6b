'use strict';

/**
 * Calls that when the process exits, after all handlers of the program, which may still work under a lock. Node needs
 * none of it: there the addon has hooks of its own, which Bun does not call.
 */
function atExit(call) {
  // Handlers run in the order in which they were added, and those that are added meanwhile do not run at all.
  const last = () => process.listeners('exit').at(-1) === last && call();
  const add = () => process.off('exit', last).on('exit', last);
  process.on('newListener', (event, listener) => {
    if (event === 'exit' && listener !== last) Promise.resolve().then(add);
  });
  add();
  // For a handler that was added just before process.exit, and is the last one.
  const { reallyExit } = process;
  process.reallyExit = (status) => {
    call();
    return reallyExit.call(process, status);
  };
}

module.exports = { atExit };
