'use strict';
// Which package has the addon and the command-line tool that run here. build.js names its addon after the platform too.
const fs = require('node:fs');
const { optionalDependencies } = require('../package.json');

/** As in the names of Rust's and npm's platforms: 'linux-x64-gnu', 'linux-arm64-musl', 'darwin-arm64'. */
function platform() {
  const { platform, arch } = process;
  return platform === 'linux' ? `${platform}-${arch}-${libc()}` : `${platform}-${arch}`;
}

/** The C library that this program is linked to: its first bytes name the dynamic loader. */
function libc() {
  const file = fs.openSync(process.execPath, 'r');
  try {
    const beginning = Buffer.alloc(4096);
    const length = fs.readSync(file, beginning, 0, beginning.length, 0);
    return beginning.subarray(0, length).includes('/ld-musl-') ? 'musl' : 'gnu';
  } finally {
    fs.closeSync(file);
  }
}

/** The platform's own package. */
function own() {
  return `@ralph-lock/${platform()}`;
}

/** What to do where that package is not installed. A package from a clone has no such packages. */
function missing() {
  if (!optionalDependencies) return 'In a clone, `npm install ./bindings/node` builds the addon and `make` the tool.';
  if (own() in optionalDependencies)
    return (
      `The package ${own()} is not installed. Install again, on this platform and with optional packages: ` +
      '`npm install --include=optional ralph-lock`. Where node_modules or package-lock.json came from another ' +
      'platform, remove them first.'
    );
  return `There are packages for ${Object.keys(optionalDependencies).join(', ')} alone. Others build from a clone.`;
}

module.exports = { missing, own, platform };
