// Adopts a lock on command, and keeps it. Usage: adopt.js ROOT DESCRIPTOR
import { once } from 'node:events';
import fs from 'node:fs';
import { adopt } from 'ralph-lock';

const [root, fd] = process.argv.slice(2);
const { ino } = fs.fstatSync(Number(fd));
const copies = fs.readdirSync('/proc/self/fd').filter((name) => {
  try {
    return fs.fstatSync(Number(name)).ino === ino;
  } catch {
    return false; // the descriptor that reads the folder is closed by now
  }
});
console.log(`${copies.length} descriptor`);
await once(process.stdin, 'data');
const lock = await adopt(root, 'child', Number(fd));
console.log('adopted');
await once(process.stdin, 'end');
await lock.release();
