// Many waits of the Node package for one lock: `line.mjs COUNT ROOT`, see line.c.
import { acquire, tryAcquire } from '../../bindings/node/index.js';

const [count, root] = [Number(process.argv[2]), process.argv[3]];

async function wait() {
  const lock = await acquire(root, 'benchmark');
  await new Promise(setImmediate);
  await lock.release();
}

const held = await tryAcquire(root, 'benchmark');
const begin = process.hrtime.bigint();
const waits = Array.from({ length: count }, wait);
await held.release();
await Promise.all(waits);
console.log(String(process.hrtime.bigint() - begin));
