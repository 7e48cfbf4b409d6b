import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { acquire, isLocked } from 'ralph-lock';
import { node, program, workspace } from './help.js';

test('a worker waits for the lock of another thread', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'main');
  const worker = new Worker(program('worker.js'), { workerData: root });
  assert.deepEqual(await once(worker, 'message'), ['waiting']);
  await lock.release();
  assert.deepEqual(await once(worker, 'message'), ['held']);
  assert.equal(await isLocked(root), true);
  worker.postMessage('release');
  assert.deepEqual(await once(worker, 'exit'), [0]);
  assert.equal(await isLocked(root), false);
});

test('a worker may be terminated while it waits', async (t) => {
  // In a process where nobody else has the package.
  assert.equal(await node(t, 'terminate.js', [path.join(workspace(t), 'never')]).ended, 0);
});

test('a worker may exit while it waits', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'main');
  assert.equal(await node(t, 'workers_end.js', [root]).ended, 0);
  await lock.release();
});
