import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { acquire, held, inspect, isLocked } from 'ralph-lock';
import { descriptors, program, until, workspace } from './help.js';

const worker = (what, root) => new Worker(program('worker.js'), { workerData: { what, root } });

test('a worker waits for the lock of another thread', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'main');
  const waiting = worker('wait', root);
  assert.deepEqual(await once(waiting, 'message'), ['waiting']);
  await lock.release();
  assert.deepEqual(await once(waiting, 'message'), ['held']);
  assert.equal(await isLocked(root), true);
  assert.equal(await held(root), null); // it is the worker's
  waiting.postMessage('release');
  assert.deepEqual(await once(waiting, 'exit'), [0]);
  assert.equal(await isLocked(root), false);
});

test('a worker that ends releases what it holds', async (t) => {
  const root = workspace(t);
  for (const what of ['keep', 'exit', 'throw', 'terminate']) {
    const ending = worker(what, root);
    ending.on('error', (error) => assert.equal(error.message, 'as a test'));
    const ended = once(ending, 'exit').catch(() => once(ending, 'exit'));
    if (what === 'terminate') {
      await once(ending, 'message');
      await ending.terminate();
    }
    await ended;
    assert.deepEqual(await inspect(root), { state: 'free', holder: null }, what);
  }
});

test('workers are terminated at every moment of a wait', async (t) => {
  const root = workspace(t);
  const lock = await acquire(root, 'main');
  let before;
  const count = Number(process.env.WORKERS ?? 100);
  const rounds = [...Array(count / 4).keys()];
  for (const round of rounds) {
    // What the first workers leave, Node keeps for later ones.
    if (round === 1) before = descriptors();
    const kinds = ['waits', 'begins', 'takes', 'times-out'];
    await Promise.all(
      kinds.map(async (kind) => {
        const one = worker(kind, root);
        const exit = once(one, 'exit');
        await once(one, 'message');
        await one.terminate();
        await exit;
      }),
    );
  }
  await until(() => descriptors() <= before);
  await lock.verify();
  await lock.release();
  for (const options of [{}, { lockFile: 'taken.lock' }]) {
    assert.deepEqual(await inspect(root, options), { state: 'free', holder: null });
  }
});
