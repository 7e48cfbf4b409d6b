import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { HeldError, inspect, LockError, tryAcquire } from 'ralph-lock';
import { holder, nameless, node, Process, workspace } from './help.js';

async function refused(promise) {
  const error = await promise.then(
    () => assert.fail('it got the lock'),
    (error) => error,
  );
  assert.ok(error instanceof HeldError && !(error instanceof LockError), error);
  return error;
}

test('a refusal names the process that holds the lock', async (t) => {
  const root = workspace(t);
  const before = Date.now();
  const other = await holder(t, root, 'implement „auth“\nand more');
  const error = await refused(tryAcquire(root, 'too late'));
  assert.equal(error.status, 'RALPH_LOCK_ALREADY_LOCKED');
  assert.equal(error.code, 'RALPH_LOCK_ALREADY_LOCKED');
  assert.equal(error.errno, undefined);
  assert.equal(error.path, path.join(root, '.ralph/loop.lock'));
  const { pid, prompt, liveness, relation, started, startedNs, startedText } = error.holder;
  assert.deepEqual(
    { pid, prompt, liveness, relation },
    { pid: other.pid, prompt: 'implement „auth“\nand more', liveness: 'live', relation: 'other' },
  );
  assert.ok(started.getTime() >= before && started.getTime() <= Date.now());
  assert.equal(startedText.slice(0, 23), started.toISOString().slice(0, 23));
  assert.equal(startedNs / 1_000_000n, BigInt(started.getTime()));
  assert.equal(JSON.parse(JSON.stringify(error.holder)).host, error.holder.host);
});

test('two locks of one process exclude each other', async (t) => {
  const root = workspace(t);
  const lock = await tryAcquire(root, 'first');
  const error = await refused(tryAcquire(root, 'second'));
  assert.equal(error.holder.relation, 'self');
  await lock.release();
  await (await tryAcquire(root, 'second')).release();
});

test('a child learns that its parent has the lock', async (t) => {
  const root = workspace(t);
  const lock = await tryAcquire(root, 'the loop');
  const child = node(t, 'refused.js', [root]);
  assert.equal(await child.line(), `${process.pid} ancestor the loop`);
  assert.equal(await child.end(), 0);
  await lock.release();
});

test('a program in C and this one name each other', async (t) => {
  const root = workspace(t);
  const lock = await tryAcquire(root, 'from Node');
  const late = new Process(t, process.env.LOOP, [root, 'from C']);
  assert.equal(await late.line(), `held by  process ${process.pid}`);
  assert.equal(await late.ended, 3);
  await lock.release();
  const early = new Process(t, process.env.LOOP, [root, 'from C']);
  assert.equal(await early.line(), `holds ${root}/.ralph/loop.lock`);
  const { holder } = await refused(tryAcquire(root, 'from Node'));
  assert.deepEqual([holder.pid, holder.prompt, holder.liveness], [early.pid, 'from C', 'live']);
  assert.equal(await early.end(), 0);
});

test('the example prints what the C example prints', async (t) => {
  const root = workspace(t);
  const example = (prompt) => new Process(t, process.execPath, [path.resolve('minimal.mjs'), prompt], { cwd: root });
  const first = example('implement auth');
  assert.equal(await first.line(), 'we hold ./.ralph/loop.lock and can work');
  assert.equal(await first.ended, 0);
  const lock = await tryAcquire(root, 'implement auth');
  const { summary } = (await inspect(root)).holder;
  const second = example('fix the tests');
  assert.equal(await second.line(), `taken by ${summary}`);
  assert.equal(await second.ended, 1);
  await lock.release();
  const other = await nameless(t, lock.path);
  const third = example('fix the tests');
  assert.match(await third.line(), /^not locked: ./);
  assert.equal(await third.ended, 1);
  await other.end();
});

test('a holder without a record is still a holder', async (t) => {
  const root = workspace(t);
  mkdirSync(path.join(root, '.ralph'));
  const other = await nameless(t, path.join(root, '.ralph/loop.lock'));
  const error = await refused(tryAcquire(root, 'x'));
  assert.equal(error.holder, null);
  await other.end();
});
