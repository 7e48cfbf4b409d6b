// Exits holding the lock, which a handler releases. Usage: exit_handler.js ROOT
import { acquire } from 'ralph-lock';

const lock = await acquire(process.argv[2], 'exits');
process.on('exit', () => lock.releaseSync());
process.exit();
