import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import {
  acquire,
  findKeepers,
  inspect,
  isLocked,
  LockError,
  probeFilesystem,
  readExisting,
  signalHolder,
} from 'ralph-lock';
import { holder, nameless, workspace } from './help.js';

const fails = (status) => (error) => error instanceof LockError && error.status === status;

test('inspect says free, held or stale, and who', async (t) => {
  const root = workspace(t);
  assert.deepEqual(await inspect(root), { state: 'free', holder: null });
  assert.equal(await readExisting(root), null);
  assert.equal(await isLocked(root), false);
  const other = await holder(t, root, 'works');
  const { state, holder: who } = await inspect(root);
  assert.deepEqual([state, who.pid, who.prompt, who.liveness], ['held', other.pid, 'works', 'live']);
  assert.equal((await readExisting(root)).pid, other.pid);
  assert.equal(await isLocked(root), true);
  assert.deepEqual(await findKeepers(root), [other.pid]);
  await other.kill();
  const left = await inspect(root);
  assert.deepEqual([left.state, left.holder.pid, left.holder.liveness], ['stale', other.pid, 'dead']);
  const lock = await acquire(root, 'next');
  assert.equal(lock.previous().pid, other.pid);
  await lock.release();
  assert.deepEqual(await inspect(root), { state: 'free', holder: null });
  const last = await acquire(root, 'last');
  assert.equal(last.previous(), null);
  await last.release();
});

test('a signal reaches the holder, and nobody else', async (t) => {
  const root = workspace(t);
  await assert.rejects(signalHolder(root), fails('RALPH_LOCK_NOT_FOUND'));
  const other = await holder(t, root, 'works');
  await signalHolder(root, 0);
  await signalHolder(root);
  assert.equal(await other.ended, 'SIGTERM');
  await assert.rejects(signalHolder(root, 'SIGKILL'), fails('RALPH_LOCK_NOT_FOUND'));
  const unknown = await nameless(t, path.join(root, '.ralph/loop.lock'));
  await assert.rejects(signalHolder(root, 15), ({ status }) => /_(PARSE|NOT_LIVE)$/.test(status));
  await assert.rejects(signalHolder(root, 'SIGNONE'), { code: 'ERR_UNKNOWN_SIGNAL' });
  await unknown.end();
});

test('all that keep a lock are found, however many', async (t) => {
  const root = workspace(t);
  const first = await acquire(root, 'x');
  await first.release();
  const keepers = await nameless(t, first.path);
  const found = await findKeepers(root);
  assert.ok(found.includes(keepers.pid), `${found}`);
  await keepers.end();
});

test('a file system says what locks on it are worth', async (t) => {
  assert.ok(['local', 'unknown'].includes(await probeFilesystem(workspace(t))));
});
