'use strict';
// Loads the addon: the one built into this package, or that of the platform's package.
const { version } = require('../package.json');
const { missing, own, platform } = require('./platform.js');

function load() {
  const here = platform();
  const failures = [];
  for (const place of [`../addon/ralph-lock.${here}.node`, own()]) {
    try {
      const addon = require(place);
      if (addon.version() === version) return addon;
      failures.push(`${place} is of version ${addon.version()}, and this package is of ${version}`);
    } catch (error) {
      failures.push(error.message.split('\n')[0]);
    }
  }
  throw new Error(`ralph-lock has no addon for ${here}. ${missing()} Tried: ${failures.join('; ')}`);
}

const addon = load();

if (process.versions.bun) require('./bun.js').atExit(() => addon.close());

module.exports = addon;
