// Tests that count descriptors and threads, and so run alone.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { acquire, adopt, isLocked, tryAcquire } from 'ralph-lock';
import { descriptors, failure, own, until, workspace } from './help.js';

test('an aborted wait rejects with the reason and leaves nothing behind', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'holds');
  const reason = new Error('no longer wanted');
  const wait = async (abort) => {
    const controller = new AbortController();
    const wait = failure(acquire(root, 'waits', { signal: controller.signal }));
    await abort(controller);
    assert.equal(await wait, reason);
  };
  await wait((controller) => controller.abort(reason)); // also opens what later waits reuse
  const before = descriptors();
  await wait((controller) => controller.abort(reason));
  await wait(async (controller) => {
    await until(() => descriptors() > before);
    controller.abort(reason);
  });
  assert.equal(descriptors(), before);
  await lock.release();
  assert.equal(await isLocked(root), false);
});

test('a signal that has aborted before touches no file', async (t) => {
  const root = workspace(t);
  const reason = new Error('no longer wanted');
  assert.equal(await failure(acquire(root, 'x', { signal: AbortSignal.abort(reason) })), reason);
  assert.deepEqual(fs.readdirSync(root), []);
});

test('a lock taken at the instant of the abort is released', async (t) => {
  const root = workspace(t);
  const file = path.join(root, '.ralph/loop.lock');
  await (await acquire(root, 'before')).release();
  const before = descriptors();
  const controller = new AbortController();
  const reason = new Error('no longer wanted');
  const wait = failure(acquire(root, 'waits', { signal: controller.signal }));
  // Another thread takes the lock meanwhile; this one learns of it only later.
  const taken = () => fs.readFileSync(file, 'utf8').trim() !== '';
  for (;;) {
    const end = Date.now() + 100;
    while (!taken() && Date.now() < end);
    if (taken()) break;
    await setImmediate();
  }
  controller.abort(reason);
  assert.equal(await wait, reason);
  assert.equal(await isLocked(root), false);
  assert.equal(taken(), false);
  assert.equal(descriptors(), before);
});

test('a hundred waits take one thread, and none of the pool', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'holds');
  const stop = new AbortController();
  // All threads of the pool.
  await Promise.all(Array.from({ length: 100 }, () => fs.promises.stat(root)));
  const opened = descriptors();
  const warnings = [];
  process.on('warning', (warning) => warnings.push(warning));
  let over = 0;
  const waits = Array.from({ length: 100 }, () =>
    acquire(root, 'waits', { signal: stop.signal }).finally(() => over++),
  );
  await until(() => descriptors() > opened + 100);
  for (let i = 0; i < 200; i++) await fs.promises.readdir(root);
  assert.equal(own(), 1);
  assert.equal(over, 0);
  await lock.release();
  // Each releases it for the next; the last ones are aborted together.
  let got = 0;
  const ends = waits.map((wait) =>
    wait.then(
      async (lock) => {
        got += 1;
        if (got === 50) stop.abort();
        await lock.release();
      },
      (error) => assert.equal(error.name, 'AbortError'),
    ),
  );
  await Promise.all(ends);
  assert.ok(got >= 50);
  assert.equal(await isLocked(root), false);
  await setImmediate();
  assert.deepEqual(warnings, []);
});

test('a thousand waits are served in turn', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'holds');
  let holders = 0;
  const waits = Array.from({ length: 1000 }, async () => {
    const lock = await acquire(root, 'waits');
    assert.equal(++holders, 1);
    holders -= 1;
    await lock.release();
  });
  await lock.release();
  await Promise.all(waits);
  assert.equal(own(), 1);
});

test('a release leaves a blank record, and no descriptor', async (t) => {
  const root = workspace(t);
  const before = descriptors();
  const lock = await acquire(root, 'x');
  assert.ok(descriptors() > before);
  await lock.release();
  assert.equal(descriptors(), before);
  assert.equal(fs.readFileSync(path.join(root, '.ralph/loop.lock'), 'utf8').trim(), '');
});

test('the lock is kept as long as the descriptor is open', async (t) => {
  const root = workspace(t);
  const before = descriptors();
  const fd = (await acquire(root, 'x')).intoFd();
  assert.equal(await isLocked(root), true);
  const lock = await adopt(root, 'y', fd);
  assert.equal(await isLocked(root), true);
  await lock.release();
  assert.equal(await isLocked(root), false);
  fs.closeSync((await acquire(root, 'x')).intoFd());
  assert.equal(await isLocked(root), false);
  assert.equal(descriptors(), before);
});

test('failures leak nothing', async (t) => {
  const root = workspace(t);
  const once = async () => {
    await assert.rejects(acquire(path.join(root, 'missing'), 'x', { timeout: 5 }));
    await assert.rejects(acquire(root, 'x', { lockFile: '../x' }), { code: 'RALPH_LOCK_INVALID_ARGUMENT' });
    await assert.rejects(tryAcquire(root, 'x', { lockFile: '/x' }), { code: 'RALPH_LOCK_INVALID_ARGUMENT' });
  };
  await once();
  const before = descriptors();
  for (let i = 0; i < 50; i++) await once();
  assert.equal(descriptors(), before);
});
