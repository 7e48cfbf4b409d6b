'use strict';
// Which addon runs here. build.js makes it under this name, and the package for a platform has its name.
const fs = require('node:fs');

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

module.exports = { platform };
