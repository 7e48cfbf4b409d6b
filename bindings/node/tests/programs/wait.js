// Waits for the lock, and ends holding it. Usage: wait.js ROOT
import { acquire } from 'ralph-lock';

let lock;
acquire(process.argv[2], 'waits').then((got) => {
  lock = got;
  console.log('got it');
});
setTimeout(() => console.log('nothing else to do'), 100);
process.on('exit', () => {
  if (!lock) process.exitCode = 1;
});
