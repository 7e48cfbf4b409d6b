import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { acquire, HeldError, isLocked, LockTimeoutError, tryAcquire } from 'ralph-lock';
import { descriptors, holder, nameless, node, until, workspace } from './help.js';

/** What a promise rejects with. */
const failure = (promise) =>
  promise.then(
    () => assert.fail('it got the lock'),
    (error) => error,
  );

test('a waiter gets the lock of a process that was killed', async (t) => {
  const root = workspace(t);
  const other = await holder(t, root, 'dies');
  const before = descriptors();
  const wait = acquire(root, 'waits');
  await until(() => descriptors() > before);
  await other.kill();
  const lock = await wait;
  assert.equal(lock.previous().prompt, 'dies');
  assert.equal(lock.previous().liveness, 'dead');
  await lock.release();
});

test('a wait that takes too long says for whom', async (t) => {
  const root = workspace(t);
  const other = await holder(t, root, 'stays');
  for (const timeout of [0, 0.5, 20]) {
    const error = await failure(acquire(root, 'waits', { timeout }));
    assert.ok(error instanceof LockTimeoutError && error instanceof HeldError, error);
    assert.equal(error.status, 'RALPH_LOCK_TIMED_OUT');
    assert.equal(error.holder.pid, other.pid);
  }
});

test('the event loop goes round while the library looks', async (t) => {
  const root = workspace(t);
  await (await acquire(root, 'makes the file')).release();
  const other = await nameless(t, path.join(root, '.ralph/loop.lock'));
  let over = false;
  // 20 ms for a holder that may be about to write who it is.
  const refused = failure(tryAcquire(root, 'x')).finally(() => (over = true));
  let turns = 0;
  await until(() => {
    turns += 1;
    return over;
  });
  assert.equal((await refused).holder, null);
  assert.ok(turns > 10, `${turns} turns`);
  await other.end();
});

test('a wait keeps the process running, and a lock does not', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'holds');
  const waiting = node(t, 'wait.js', [root], { stdio: ['ignore', 'pipe', 'inherit'] });
  assert.equal(await waiting.line(), 'nothing else to do');
  await lock.release();
  assert.equal(await waiting.line(), 'got it');
  assert.equal(await waiting.ended, 0);
  assert.equal(await isLocked(root), false);
});

test('a process may exit while it waits', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'holds');
  for (const turns of ['0', '1', '20']) {
    assert.equal(await node(t, 'exit.js', [root, turns]).ended, 7);
  }
  await lock.release();
});
