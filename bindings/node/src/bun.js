'use strict';

/**
 * Calls the function when the process exits, after all handlers of the program, which may still work under a lock. In
 * Node the addon's own hooks do this; Bun does not call them.
 */
function atExit(call) {
  // Handlers run in the order in which they were added; those added meanwhile do not run.
  const last = () => process.listeners('exit').at(-1) === last && call();
  const add = () => process.off('exit', last).on('exit', last);
  process.on('newListener', (event, listener) => {
    if (event === 'exit' && listener !== last) Promise.resolve().then(add);
  });
  add();
  // For a handler added just before process.exit, as the last one.
  const { reallyExit } = process;
  process.reallyExit = (status) => {
    call();
    return reallyExit.call(process, status);
  };
}

module.exports = { atExit };
