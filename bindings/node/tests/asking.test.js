import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {
  acquire,
  findKeepers,
  findRoot,
  inspect,
  isLocked,
  LockError,
  probeFilesystem,
  readExisting,
  signalHolder,
  tryAcquire,
} from 'ralph-lock';
import { failure, holder, nameless, workspace } from './help.js';

const fails = (status) => (error) => error instanceof LockError && error.status === status;

test('inspect says free, held or stale, and names the holder', async (t) => {
  const root = workspace(t);
  assert.deepEqual(await inspect(root), { state: 'free', holder: null });
  assert.equal(await readExisting(root), null);
  assert.equal(await isLocked(root), false);
  const other = await holder(t, root, 'works');
  const { state, holder: named } = await inspect(root);
  assert.deepEqual([state, named.pid, named.prompt, named.liveness], ['held', other.pid, 'works', 'live']);
  assert.equal(named.localPid, other.pid);
  assert.equal((await readExisting(root)).pid, other.pid);
  assert.equal(await isLocked(root), true);
  assert.deepEqual(await findKeepers(root), [other.pid]);
  await other.kill();
  const left = await inspect(root);
  assert.deepEqual([left.state, left.holder.pid, left.holder.liveness], ['stale', other.pid, 'dead']);
  assert.equal(left.holder.localPid, null);
  const lock = await acquire(root, 'next');
  assert.equal(lock.previous().pid, other.pid);
  await lock.release();
  assert.deepEqual(await inspect(root), { state: 'free', holder: null });
  const last = await acquire(root, 'last');
  assert.equal(last.previous(), null);
  await last.release();
});

test('a signal reaches the holder and no other process', async (t) => {
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

test('the processes that keep a lock are found', async (t) => {
  const root = workspace(t);
  const first = await acquire(root, 'x');
  await first.release();
  const keepers = await nameless(t, first.path);
  const found = await findKeepers(root);
  assert.ok(found.includes(keepers.pid), `${found}`);
  await keepers.end();
});

test('a question can be about another lock file', async (t) => {
  const root = workspace(t);
  const lockFile = 'build/deploy.lock';
  const lock = await acquire(root, 'deploys', { lockFile });
  assert.equal((await inspect(root)).state, 'free');
  const { state, holder } = await inspect(root, { lockFile });
  assert.deepEqual([state, holder.prompt], ['held', 'deploys']);
  assert.deepEqual(await findKeepers(root, { lockFile }), [process.pid]);
  assert.deepEqual(await findKeepers(root), []);
  await signalHolder(root, 0, { lockFile });
  await assert.rejects(signalHolder(root, 0), fails('RALPH_LOCK_NOT_FOUND'));
  await lock.release();
});

test('the workspace of a folder is found', async (t) => {
  const root = fs.realpathSync(workspace(t));
  const folder = path.join(root, 'src/deep');
  fs.mkdirSync(folder, { recursive: true });
  const error = await failure(findRoot(folder));
  assert.ok(error instanceof LockError);
  assert.equal(error.code, 'RALPH_LOCK_NOT_FOUND');
  fs.mkdirSync(path.join(root, '.git'));
  assert.equal(await findRoot(folder), root);
  assert.deepEqual(await findRoot(Buffer.from(folder)), Buffer.from(root));
  const before = process.cwd();
  t.after(() => process.chdir(before));
  process.chdir(folder);
  assert.equal(await findRoot(), root);
});

test('a summary is one line that hides nothing', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'tidy\n\u001b[2Jthe \u202edocs');
  const { holder } = await inspect(root);
  assert.match(holder.summary, new RegExp(`^process ${process.pid} since .*: tidy`));
  const error = await failure(tryAcquire(root, 'x'));
  for (const text of [holder.summary, error.message]) assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u);
  assert.ok(error.message.includes(holder.summary));
  await lock.release();
});

test('probeFilesystem says what a lock is worth', async (t) => {
  assert.ok(['local', 'unknown'].includes(await probeFilesystem(workspace(t))));
});
