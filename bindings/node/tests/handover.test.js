import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { acquire, adopt, HeldError, isLocked, tryAcquire } from 'ralph-lock';
import { node, workspace } from './help.js';

const held = (status) => (error) => error instanceof HeldError && error.status === status;

test('a child continues with the lock', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'parent');
  const fd = lock.intoFd();
  const child = node(t, 'adopt.js', [root, '3'], { stdio: ['pipe', 'pipe', 'inherit', fd] });
  fs.closeSync(fd);
  await lock.release(); // does nothing any more
  // The child has only this copy: its own children would inherit another one.
  assert.equal(await child.line(), '1 descriptor');
  await assert.rejects(tryAcquire(root, 'contender'), ({ holder }) => holder.pid === process.pid);
  child.say('adopt');
  assert.equal(await child.line(), 'adopted');
  await assert.rejects(
    tryAcquire(root, 'contender'),
    ({ holder }) => holder.pid === child.pid && holder.prompt === 'child',
  );
  const wait = acquire(root, 'next');
  await child.kill();
  assert.equal((await wait).previous().pid, child.pid);
});

test('only a descriptor of the lock is adopted', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'holds');
  const other = fs.openSync(lock.path, 'r+');
  await assert.rejects(adopt(root, 'x', other), held('RALPH_LOCK_ALREADY_LOCKED'));
  fs.closeSync(other);
  const wrong = fs.openSync('/dev/null', 'r+');
  await assert.rejects(adopt(root, 'x', wrong), ({ status }) => status === 'RALPH_LOCK_INVALID_ARGUMENT');
  fs.closeSync(wrong);
  await assert.rejects(adopt(root, 'x', '3'), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
  await lock.release();
});

test('another lock file is handed over as well', async (t) => {
  const root = workspace(t);
  const lockFile = 'build/deploy.lock';
  const fd = (await acquire(root, 'x', { lockFile })).intoFd();
  const lock = await adopt(root, 'y', fd, { lockFile });
  assert.equal(lock.path, `${root}/${lockFile}`);
  await assert.rejects(tryAcquire(root, 'z', { lockFile }), held('RALPH_LOCK_ALREADY_LOCKED'));
  await (await tryAcquire(root, 'z')).release();
  await lock.release();
});
