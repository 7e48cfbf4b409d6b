export { acquire, adopt, tryAcquire } from './src/acquire.js';
export { findKeepers, inspect, isLocked, probeFilesystem, readExisting, signalHolder } from './src/ask.js';
export { HeldError, LockError, LockTimeoutError } from './src/errors.js';
export { Lock } from './src/lock.js';
