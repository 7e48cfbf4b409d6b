// Holds a workspace's lock until its standard input ends. Usage: hold.js ROOT PROMPT
import { once } from 'node:events';
import { acquire } from 'ralph-lock';

const [root, prompt] = process.argv.slice(2);
const lock = await acquire(root, prompt);
console.log('held');
process.stdin.resume();
await once(process.stdin, 'end');
await lock.release();
