// The Node package, measured: `package.mjs ROOT`, see worker.h. Each call is awaited, as programs do.
import readline from 'node:readline';
import { isLocked, readExisting, tryAcquire } from '../../bindings/node/index.js';

const root = process.argv[2];
let held = null;

async function take() {
  held = await tryAcquire(root, 'benchmark');
}

async function release() {
  await held.release();
}

async function pair() {
  await take();
  await release();
}

async function refused() {
  try {
    await tryAcquire(root, 'benchmark');
  } catch (error) {
    if (error.holder?.pid) return;
    throw error;
  }
  throw new Error('it was free');
}

async function record() {
  if (!(await readExisting(root)).pid) throw new Error('no holder');
}

const operations = { pair, take, release, refused, record, locked: () => isLocked(root) };
for await (const line of readline.createInterface({ input: process.stdin })) {
  const [name, count] = line.split(' ');
  const once = operations[name];
  const begin = process.hrtime.bigint();
  for (let left = Number(count); left > 0; left--) await once();
  console.log(String(process.hrtime.bigint() - begin));
}
