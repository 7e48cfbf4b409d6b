import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { acquire, held, HeldError, inspect, isLocked, Lock, LockError, tryAcquire } from 'ralph-lock';
import { nameless, node, workspace } from './help.js';

test('a second release does nothing, also to the next holder', async (t) => {
  const root = workspace(t);
  const first = await acquire(root, 'first');
  await first.release();
  const second = await acquire(root, 'second');
  await first.release();
  first.releaseSync();
  await first[Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]();
  assert.equal(await isLocked(root), true);
  await second.verify();
  second.releaseSync();
  await second.release();
  assert.equal(await isLocked(root), false);
  for (const use of [() => second.verify(), async () => second.previous(), async () => second.intoFd()]) {
    await assert.rejects(use, (error) => error instanceof LockError && error.status === 'RALPH_LOCK_INVALID_HANDLE');
  }
});

test('two releases at a time are one', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'x');
  await Promise.all([lock.release(), lock.release()]);
  assert.equal(await isLocked(root), false);
});

test('the end of a block releases', async (t) => {
  const root = workspace(t);
  for (const name of ['asyncDispose', 'dispose']) {
    const symbol = Symbol[name] ?? Symbol.for(`Symbol.${name}`);
    const lock = await acquire(root, 'x');
    await lock[symbol]();
    assert.equal(await isLocked(root), false);
  }
});

test('the collector releases nothing, and Node warns', async (t) => {
  const root = workspace(t);
  const forgetful = node(t, 'forget.js', [root], { flags: ['--expose-gc'] });
  assert.equal(await forgetful.line(), 'RalphLockWarning RALPH_LOCK_FORGOTTEN');
  assert.equal(await forgetful.line(), 'held true');
  assert.equal(await forgetful.line(), 'released');
  assert.equal(await forgetful.ended, 0);
});

test('held finds the lock of this thread', async (t) => {
  const [root, other] = [workspace(t), workspace(t)];
  assert.equal(await held(root), null);
  assert.equal(await held(path.join(root, 'missing')), null);
  const lock = await acquire(root, 'x');
  fs.symlinkSync(root, path.join(other, 'link'));
  for (const same of [root, `${root}/.`, path.join(other, 'link'), Buffer.from(root), pathToFileURL(root)]) {
    assert.equal(await held(same), lock);
  }
  assert.equal(await held(root, { lockFile: '.ralph/./loop.lock' }), lock);
  assert.equal(await held(root, { lockFile: 'other.lock' }), null);
  assert.equal(await held(other), null);
  fs.rmSync(path.join(root, '.ralph'), { recursive: true });
  assert.equal(await held(root), lock);
  await lock.release().catch(() => {});
  assert.equal(await held(root), null);
  // Also one whose acquire has ended, and has not returned it yet.
  const acquired = acquire(root, 'x');
  let same = null;
  while (!same) same = await held(root);
  assert.equal(await acquired, same);
  await same.release();
  assert.throws(() => new Lock(), TypeError);
});

test('a lock that a program does not release is released at its end', async (t) => {
  const root = workspace(t);
  for (const end of ['exit', 'natural', 'throw']) {
    const status = await node(t, 'leave.js', [root, end], { stdio: ['ignore', 'pipe', 'ignore'] }).ended;
    assert.equal(status, end === 'exit' ? 7 : end === 'throw' ? 1 : 0);
    // With a record left it would be stale.
    assert.deepEqual(await inspect(root), { state: 'free', holder: null }, end);
  }
});

test('an exit handler can release a lock', async (t) => {
  const root = workspace(t);
  assert.equal(await node(t, 'exit_handler.js', [root]).ended, 0);
  assert.deepEqual(await inspect(root), { state: 'free', holder: null });
});

test('a lost lock file is noticed, and can be put back', async (t) => {
  const root = workspace(t);
  const folder = path.join(root, '.ralph');
  const lost = (error) => error instanceof LockError && error.code === 'RALPH_LOCK_LOST';
  const lock = await acquire(root, 'x');
  await lock.verify();
  await lock.restore(); // the file is in place
  fs.rmSync(folder, { recursive: true });
  await assert.rejects(lock.verify(), lost);
  await assert.rejects(tryAcquire(root, 'y'), HeldError);
  await lock.restore();
  await lock.verify();
  assert.equal((await inspect(root)).holder.prompt, 'x');
  // Now flock(1) locks a new file.
  fs.rmSync(lock.path);
  const other = await nameless(t, lock.path);
  await assert.rejects(lock.restore(), HeldError);
  await other.end();
  // Now another directory is at the workspace's path.
  fs.renameSync(root, `${root}.old`);
  t.after(() => fs.rmSync(`${root}.old`, { recursive: true }));
  fs.mkdirSync(root);
  await assert.rejects(lock.restore(), lost);
  await (await tryAcquire(root, 'new')).release();
  await lock.release().catch(() => {});
});
