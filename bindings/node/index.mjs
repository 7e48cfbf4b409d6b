// The same module for `import`: a program that uses both forms has one set of classes and locks.
import lock from './index.js';

export const {
  acquire,
  adopt,
  findKeepers,
  findRoot,
  held,
  HeldError,
  inspect,
  isLocked,
  Lock,
  LockError,
  LockTimeoutError,
  probeFilesystem,
  readExisting,
  signalHolder,
  tryAcquire,
} = lock;
