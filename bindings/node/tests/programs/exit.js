// Exits with status 7 after some turns of the event loop, with waits and calls in progress. Usage: exit.js ROOT
// TURNS
import { setImmediate } from 'node:timers/promises';
import { acquire, inspect } from 'ralph-lock';

const [root, turns] = process.argv.slice(2);
for (let i = 0; i < 50; i++) acquire(root, 'waits');
for (let i = 0; i < Number(turns); i++) await setImmediate();
for (let i = 0; i < 50; i++) inspect(root);
process.exit(7);
