import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  acquire,
  adopt,
  held,
  inspect,
  isLocked,
  LockError,
  readExisting,
  signalHolder,
  tryAcquire,
} from 'ralph-lock';
import { Process, program, workspace } from './help.js';

const fails = (wanted) => (error) => {
  assert.ok(error instanceof LockError, error);
  for (const [name, value] of Object.entries(wanted)) assert.equal(error[name], value, name);
  return true;
};

test('an error of the system is passed on, and is not a refusal', async (t) => {
  const root = path.join(workspace(t), 'missing');
  const wanted = { code: 'ENOENT', errno: -os.constants.errno.ENOENT, status: 'RALPH_LOCK_IO' };
  await assert.rejects(tryAcquire(root, 'x'), fails({ ...wanted, path: root }));
  await assert.rejects(acquire(root, 'x'), fails(wanted));
});

test('a directory in the place of the lock file is named', async (t) => {
  const root = workspace(t);
  fs.mkdirSync(path.join(root, '.ralph/loop.lock'), { recursive: true });
  await assert.rejects(acquire(root, 'x'), fails({ code: 'EISDIR', path: `${root}/.ralph/loop.lock` }));
});

test('a missing permission or descriptor is not a refusal', async (t) => {
  const root = workspace(t);
  await (await acquire(root, 'makes the file')).release();
  fs.chmodSync(root, 0o755);
  fs.chmodSync(path.join(root, '.ralph'), 0o755);
  fs.chmodSync(path.join(root, '.ralph/loop.lock'), 0o444);
  const limited = ['-c', 'ulimit -n 256 && exec "$@"', 'sh', process.execPath, program('fail.js'), root];
  const child = new Process(t, 'sh', limited);
  const said = [await child.line(), await child.line(), await child.line(), await child.line()];
  assert.deepEqual(said, ['LockError EACCES', 'LockError EACCES', 'LockError EMFILE', 'LockError EMFILE']);
  assert.equal(await child.ended, 0);
});

test('invalid arguments are refused as node:fs refuses them', async (t) => {
  const root = workspace(t);
  const type = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
  const value = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
  for (const take of [acquire, tryAcquire]) {
    await assert.rejects(take(undefined, 'x'), type);
    await assert.rejects(take(root), type);
    await assert.rejects(take(`${root}\0`, 'x'), value);
    await assert.rejects(take(root, 'x\0y'), value);
    await assert.rejects(take(root, 'x', { lockFile: 1 }), type);
  }
  // Node itself would turn each into U+FFFD: another prompt, and another path.
  for (const alone of ['\ud800', 'a\udc00b', '\udc00\ud800']) {
    for (const take of [acquire, tryAcquire, (root, prompt) => adopt(root, prompt, 3)]) {
      await assert.rejects(take(root, alone), value);
      await assert.rejects(take(`${root}/${alone}`, 'x'), value);
    }
    await assert.rejects(acquire(root, 'x', { lockFile: alone }), value);
    for (const ask of [inspect, isLocked, readExisting, held]) await assert.rejects(ask(root + alone), value);
  }
  // C would truncate it: 2 ** 32 + 15 would be SIGTERM.
  const range = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };
  for (const number of [2 ** 31, 2 ** 32 + 3, -1, 1.5, NaN, Infinity]) {
    await assert.rejects(adopt(root, 'x', number), range);
    await assert.rejects(signalHolder(root, number), range);
  }
  await assert.rejects(signalHolder(root, 15n), type);
  await assert.rejects(tryAcquire(root, 'x', { lockfile: 'x' }), value);
  await assert.rejects(tryAcquire(root, 'x', null), type);
  await assert.rejects(acquire(root, 'x', { timeout: -1 }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' });
  await assert.rejects(acquire(root, 'x', { timeout: NaN }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' });
  await assert.rejects(acquire(root, 'x', { timeout: '1' }), type);
  await assert.rejects(acquire(root, 'x', { signal: {} }), type);
  await assert.rejects(
    acquire(root, 'x'.repeat(16 * 1024 * 1024 + 1)),
    fails({ code: 'RALPH_LOCK_INVALID_ARGUMENT' }),
  );
  assert.deepEqual(fs.readdirSync(root), []);
});

test('a root is a string, bytes or a URL', async (t) => {
  const parent = workspace(t);
  const bytes = Buffer.concat([Buffer.from(`${parent}/`), Buffer.from([0xe9, 0x80])]);
  fs.mkdirSync(bytes);
  const lock = await acquire(bytes, 'x');
  assert.deepEqual(lock.path, Buffer.concat([bytes, Buffer.from('/.ralph/loop.lock')]));
  assert.ok(fs.existsSync(lock.path));
  assert.equal((await inspect(bytes)).holder.prompt, 'x');
  await lock.release();
  const other = await acquire(pathToFileURL(parent), 'x', { timeout: Infinity });
  assert.equal(other.path, `${parent}/.ralph/loop.lock`);
  assert.equal(await isLocked(parent), true);
  await other.release();
});

test('a prompt of any text is kept', async (t) => {
  const root = workspace(t);
  for (const prompt of ['', '😀 "quotes"\n\u0007\u202e', 'é'.repeat(1000)]) {
    const lock = await acquire(root, prompt);
    assert.equal((await readExisting(root)).prompt, prompt);
    await lock.release();
  }
});
