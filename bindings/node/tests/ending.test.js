import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { acquire, inspect, isLocked, Lock, LockError, tryAcquire } from 'ralph-lock';
import { node, workspace } from './help.js';

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
    await assert.rejects(
      use,
      (error) => error instanceof LockError && error.status === 'RALPH_LOCK_INVALID_HANDLE',
    );
  }
});

test('two releases at a time are one', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'x');
  await Promise.all([lock.release(), lock.release()]);
  assert.equal(await isLocked(root), false);
});

test('the end of a block releases', async (t) => {
  assert.equal(typeof Lock.prototype[Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')], 'function');
  const root = workspace(t);
  // Without the symbol, as in older Nodes, the package loads all the same.
  assert.equal(await node(t, 'no_symbol.js', [root]).ended, 0);
  assert.equal((await inspect(root)).state, 'free');
});

test('a lock that nobody refers to is given up', async (t) => {
  const root = workspace(t);
  const forgetful = node(t, 'forget.js', [root], { flags: ['--expose-gc'] });
  assert.equal(await forgetful.line(), 'free again');
  assert.equal(await forgetful.ended, 0);
});

test('a lock can be released on exit', async (t) => {
  const root = workspace(t);
  assert.equal(await node(t, 'exit_handler.js', [root]).ended, 0);
  assert.deepEqual(await inspect(root), { state: 'free', holder: null });
});

test('a lost lock file is noticed', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'x');
  await lock.verify();
  fs.rmSync(path.join(root, '.ralph'), { recursive: true });
  await assert.rejects(
    lock.verify(),
    (error) => error instanceof LockError && error.code === 'RALPH_LOCK_LOST',
  );
  const other = await tryAcquire(root, 'y');
  await lock.release();
  assert.equal(await isLocked(root), true);
  await other.release();
});
