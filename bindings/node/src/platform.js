'use strict';
// The name of this platform's addon, used by build.js and by the platform's package.
const fs = require('node:fs');

/** As in npm's platform names: 'linux-x64-gnu', 'linux-arm64-musl', 'darwin-arm64'. */
function platform() {
  const { platform, arch } = process;
  return platform === 'linux' ? `${platform}-${arch}-${libc()}` : `${platform}-${arch}`;
}

/** The C library of this program, whose first bytes name the dynamic loader. */
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

module.exports = { platform };
