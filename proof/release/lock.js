'use strict';
// Takes the lock with the module and with the command that comes with it: each is refused by the other, with its name. If
// the tool is killed, the command that it runs ends too.
const assert = require('node:assert/strict');
const { execFileSync, spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const lock = require('ralph-lock');

const root = process.argv[2];
const command = path.join(process.cwd(), 'node_modules/.bin/ralph-lock');
const words = ['run', root, '--prompt', 'by the tool', '--'];
const another = `require('ralph-lock').tryAcquire(${JSON.stringify(root)}, 'another').catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
})`;

async function main() {
  const own = await lock.tryAcquire(root, 'by the module');
  const refused = spawnSync(command, [...words, 'true'], { encoding: 'utf8' });
  assert.equal(refused.status, 75);
  assert.match(refused.stderr, /by the module/);
  await own.release();

  const held = spawnSync(command, [...words, process.execPath, '-e', another], { encoding: 'utf8' });
  assert.equal(held.status, 1);
  assert.match(held.stderr, /by the tool/);

  // The command's status, a signal to it, and one to the process that was started: that is the tool itself.
  assert.equal(spawnSync(command, [...words, 'sh', '-c', 'exit 3']).status, 3);
  assert.equal(spawnSync(command, [...words, 'sh', '-c', 'kill -TERM $$']).signal, 'SIGTERM');
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const tool = spawn(command, [...words, 'sh', '-c', 'echo $PPID; read line'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [said] = await once(tool.stdout, 'data');
    assert.equal(Number(said), tool.pid);
    tool.kill(signal);
    // Its end shows that the command has ended too.
    await once(tool.stdout.resume(), 'end');
    if (tool.exitCode === null && tool.signalCode === null) await once(tool, 'exit');
    assert.equal(tool.signalCode, signal);
    assert.equal(await lock.isLocked(root), false);
  }
  assert.equal((await lock.inspect(root)).state, 'stale');
  console.log(execFileSync(command, ['--version'], { encoding: 'utf8' }).trim());
}

main();
