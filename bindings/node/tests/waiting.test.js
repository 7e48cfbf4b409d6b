import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { acquire, HeldError, isLocked, LockTimeoutError, tryAcquire } from 'ralph-lock';
import { descriptors, failure, ForeignSignal, holder, nameless, node, until, workspace } from './help.js';

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

test('a wait that takes too long names the holder', async (t) => {
  const root = workspace(t);
  const other = await holder(t, root, 'stays');
  for (const timeout of [0, 0.5, 20]) {
    const error = await failure(acquire(root, 'waits', { timeout }));
    assert.ok(error instanceof LockTimeoutError && error instanceof HeldError, error);
    assert.equal(error.status, 'RALPH_LOCK_TIMED_OUT');
    assert.equal(error.holder.pid, other.pid);
    assert.match(error.message, new RegExp(`process ${other.pid} `));
  }
});

test('the event loop runs while the library retries', async (t) => {
  const root = workspace(t);
  await (await acquire(root, 'makes the file')).release();
  const other = await nameless(t, path.join(root, '.ralph/loop.lock'));
  let over = false;
  // It waits up to 20 ms for a holder that is about to write its record.
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

test('a very long timeout does not end at once', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'holds');
  // setTimeout treats a time beyond 31 bits as a millisecond.
  const times = [2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, Infinity];
  const waits = times.map((timeout) => acquire(root, 'waits', { timeout }));
  assert.ok((await failure(acquire(root, 'waits', { timeout: 20 }))) instanceof LockTimeoutError);
  await lock.release();
  await Promise.all(waits.map(async (wait) => (await wait).release()));
});

test('a wait needs no JavaScript timer', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'holds');
  // Like fake timers: nothing runs unless the test advances the time.
  for (const name of ['setTimeout', 'setImmediate', 'setInterval', 'queueMicrotask'])
    t.mock.method(globalThis, name, () => {});
  t.mock.method(process, 'nextTick', () => {});
  const late = await failure(acquire(root, 'waits', { timeout: 20 }));
  const next = acquire(root, 'next');
  await lock.release();
  const got = await next;
  await got.release();
  t.mock.restoreAll();
  assert.ok(late instanceof LockTimeoutError);
});

test('any object with the interface of an AbortSignal ends a wait', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'holds');
  const signal = new ForeignSignal();
  const waits = [1, 2, 3].map(() => failure(acquire(root, 'waits', { signal })));
  assert.equal(signal.listeners.size, 1);
  signal.abort();
  for (const wait of waits) assert.equal((await wait).name, 'AbortError');
  assert.equal(await failure(acquire(root, 'waits', { signal: AbortSignal.abort(null) })), null);
  assert.equal((await failure(acquire(root, 'waits', { signal }))).name, 'AbortError');
  assert.equal(signal.listeners.size, 0);
  const unused = new ForeignSignal();
  assert.ok((await failure(acquire(root, 'waits', { signal: unused, timeout: 1 }))) instanceof LockTimeoutError);
  assert.equal(unused.listeners.size, 0);
  await lock.release();
});

test('a later change of the current directory changes nothing', async (t) => {
  const [root, elsewhere] = [workspace(t), workspace(t)];
  const before = process.cwd();
  t.after(() => process.chdir(before));
  process.chdir(root);
  const calls = [acquire('.', 'waits'), tryAcquire('.', 'takes', { lockFile: 'other.lock' }), isLocked('.')];
  process.chdir(elsewhere);
  const [lock, other] = await Promise.all(calls);
  assert.deepEqual(fs.readdirSync(elsewhere), []);
  assert.equal(lock.path, './.ralph/loop.lock');
  await Promise.all([lock.verify(), other.verify()]);
  assert.equal(await isLocked(root), true);
  const error = await failure(acquire('missing', 'x'));
  assert.equal(error.path, 'missing');
  assert.match(error.message, / missing$/);
  await Promise.all([lock.release(), other.release()]);
});
