import * as argument from './arguments.js';
import { attempt } from './call.js';
import { check } from './errors.js';
import { takeHolder } from './holder.js';
import * as c from './library.js';
import { FILESYSTEMS, STATES } from './words.js';

export async function readExisting(root) {
  const metadata = [null];
  const outcome = await attempt(c.readExisting, argument.path('root', root), metadata);
  if (outcome.status !== 'RALPH_LOCK_NOT_FOUND') check(outcome);
  return takeHolder(metadata[0]);
}

export async function isLocked(root) {
  const locked = [false];
  check(await attempt(c.isLocked, argument.path('root', root), locked));
  return locked[0];
}

export async function inspect(root) {
  const state = [0];
  const metadata = [null];
  check(await attempt(c.inspect, argument.path('root', root), state, metadata));
  return { state: STATES[state[0]], holder: takeHolder(metadata[0]) };
}

export async function signalHolder(root, signal = 'SIGTERM') {
  check(await attempt(c.signalHolder, argument.path('root', root), argument.signalNumber('signal', signal)));
}

export async function findKeepers(root) {
  const count = [0];
  let pids = new Uint32Array(16);
  for (;;) {
    check(await attempt(c.findKeepers, argument.path('root', root), pids, pids.length, count));
    if (count[0] <= pids.length) return Array.from(pids.subarray(0, count[0]));
    pids = new Uint32Array(count[0]);
  }
}

export async function probeFilesystem(root) {
  const verdict = [0];
  check(await attempt(c.probeFilesystem, argument.path('root', root), verdict));
  return FILESYSTEMS[verdict[0]] ?? 'unknown';
}
