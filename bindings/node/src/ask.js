'use strict';
const { isUint8Array } = require('node:util').types;
const addon = require('./addon.js');
const argument = require('./arguments.js');
const { check } = require('./errors.js');
const { holder } = require('./holder.js');

/** The lock that a question is about. */
function target(root, options) {
  const { lockFile } = argument.options(options, ['lockFile']);
  return [argument.path('root', root), argument.optionalPath('options.lockFile', lockFile)];
}

async function findRoot(start = '.') {
  const root = check(await addon.findRoot(argument.path('start', start)));
  return isUint8Array(start) ? root : root.toString();
}

async function readExisting(root) {
  return holder(check(await addon.readExisting(argument.path('root', root))));
}

async function isLocked(root) {
  return check(await addon.isLocked(argument.path('root', root)));
}

async function inspect(root, options) {
  const found = check(await addon.inspect(...target(root, options)));
  return { state: found.state, holder: holder(found.holder) };
}

async function signalHolder(root, signal = 'SIGTERM', options) {
  check(await addon.signalHolder(argument.signalNumber('signal', signal), ...target(root, options)));
}

async function findKeepers(root, options) {
  return check(await addon.findKeepers(...target(root, options)));
}

async function probeFilesystem(root) {
  return check(await addon.probeFilesystem(argument.path('root', root)));
}

module.exports = { findKeepers, findRoot, inspect, isLocked, probeFilesystem, readExisting, signalHolder };
