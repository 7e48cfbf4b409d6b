// Fails to take the lock: as a user without write permission, and with no descriptor left. Usage: fail.js ROOT,
// with a low limit of descriptors
import fs from 'node:fs';
import { acquire, tryAcquire } from 'ralph-lock';

const root = process.argv[2];
async function say() {
  for (const take of [tryAcquire, acquire]) {
    const error = await take(root, 'x').catch((error) => error);
    console.log(error.name, error.code);
  }
}

if (process.getuid() === 0) process.seteuid(65534);
await say();
if (process.getuid() === 0) process.seteuid(0);
fs.chmodSync(`${root}/.ralph/loop.lock`, 0o644);
const open = [];
try {
  for (;;) open.push(fs.openSync('/dev/null'));
} catch (error) {
  if (error.code !== 'EMFILE') throw error;
}
await say();
