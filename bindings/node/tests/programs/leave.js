// Ends with a lock, a wait and a call in progress. Usage: leave.js ROOT exit|natural|throw
import fs from 'node:fs';
import { acquire, inspect, tryAcquire } from 'ralph-lock';

const [root, end] = process.argv.slice(2);
const lock = await tryAcquire(root, 'leaves');
if (end !== 'natural') {
  acquire(root, 'waits').catch(() => {});
  inspect(root).catch(() => {});
}
// Handlers still work under the lock.
process.on('exit', () => {
  if (fs.readFileSync(lock.path, 'utf8').trim() === '') process.abort();
});
if (end === 'throw') throw new Error('as a test');
if (end === 'exit') process.exit(7);
