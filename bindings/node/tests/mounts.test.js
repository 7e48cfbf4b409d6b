// A mount whose server does not answer delays only the waits on it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { acquire, LockTimeoutError } from 'ralph-lock';
import { failure, own, Process, until, workspace } from './help.js';

test('a mount that does not answer delays no other wait', { timeout: 60_000 }, async (t) => {
  const [root, hung] = [workspace(t), workspace(t)];
  const server = new Process(t, process.env.HUNG_MOUNT, [hung]);
  if ((await server.line()) !== 'mounted') return t.skip('no file system can be mounted here');
  try {
    await waitThere(root, hung);
    await server.kill();
    await until(() => own() === 1);
  } finally {
    execFileSync('umount', ['--lazy', hung]);
  }
});

async function waitThere(root, hung) {
  fs.symlinkSync(hung, path.join(root, 'link'));
  const lock = await acquire(root, 'holds');
  const stop = new AbortController();
  const places = [hung, path.join(root, 'link/folder')];
  const stuck = [0, 1, 0, 1, 0, 1, 0, 1].map((i) => failure(acquire(places[i], 'waits', { signal: stop.signal })));
  await until(() => own() === 2);
  const late = await failure(acquire(hung, 'waits', { timeout: 1 }));
  assert.ok(late instanceof LockTimeoutError && late.holder === null, late);
  assert.ok((await failure(acquire(root, 'waits', { timeout: 20 }))) instanceof LockTimeoutError);
  const next = acquire(root, 'next');
  await lock.release();
  await (await next).release();
  assert.equal(own(), 2);
  stop.abort();
  for (const end of stuck) assert.equal((await end).name, 'AbortError');
}
