// Takes a lock and keeps no reference to it. Usage: forget.js ROOT, with --expose-gc
import { setImmediate } from 'node:timers/promises';
import { acquire, isLocked } from 'ralph-lock';

const root = process.argv[2];
await acquire(root, 'forgets');
if (!(await isLocked(root))) throw new Error('it is given up too early');
while (await isLocked(root)) {
  global.gc();
  await setImmediate();
}
console.log('free again');
