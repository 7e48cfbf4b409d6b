'use strict';
// Prints where the command-line tool is, for bin/ralph-lock.
const { missing, own } = require('./platform.js');

try {
  console.log(require.resolve(`${own()}/ralph-lock`));
} catch {
  console.error(`ralph-lock: there is no command-line tool for this platform here. ${missing()}`);
  process.exitCode = 1;
}
