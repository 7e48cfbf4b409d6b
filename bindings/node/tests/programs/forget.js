// Takes a lock, keeps no reference to it, and gets it back. Usage: forget.js ROOT, with --expose-gc
import { setImmediate } from 'node:timers/promises';
import { acquire, held, isLocked } from 'ralph-lock';

const root = process.argv[2];
let warning;
process.on('warning', (one) => (warning = one));
await (async () => void (await acquire(root, 'forgets')))();
while (!warning) {
  global.gc();
  await setImmediate();
}
console.log(warning.name, warning.code);
console.log('held', await isLocked(root));
const lock = await held(root);
await lock.verify();
await lock.release();
console.log((await isLocked(root)) ? 'still locked' : 'released');
