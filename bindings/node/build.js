'use strict';
// Builds the addon with cargo. npm runs this in a clone before it links or packs the package.
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { platform } = require('./src/platform.js');

const FILE = process.platform === 'darwin' ? 'libralph_lock_node.dylib' : 'libralph_lock_node.so';

function cargo(...args) {
  const options = ['--locked', '--manifest-path', path.join(__dirname, 'native', 'Cargo.toml')];
  try {
    return execFileSync('cargo', [...args, ...options], { stdio: ['inherit', 'pipe', 'inherit'] });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new Error('cargo is not on the PATH. Install Rust 1.88 or newer: https://rustup.rs');
  }
}

/** Replaces a file by rename(2): a process may have the old one loaded. */
function put(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.copyFileSync(from, `${to}.new`);
  fs.renameSync(`${to}.new`, to);
}

try {
  cargo('build', '--release');
  const { target_directory: target } = JSON.parse(cargo('metadata', '--no-deps', '--format-version=1'));
  put(path.join(target, 'release', FILE), path.join(__dirname, 'addon', `ralph-lock.${platform()}.node`));
  put(path.join(__dirname, '..', '..', 'LICENSE'), path.join(__dirname, 'LICENSE'));
} catch (error) {
  console.error(`ralph-lock: the addon cannot be built: ${error.message}`);
  process.exitCode = 1;
}
