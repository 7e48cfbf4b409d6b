// Names the holder that refuses it the lock. Usage: refused.js ROOT
import { HeldError, tryAcquire } from 'ralph-lock';

try {
  await tryAcquire(process.argv[2], 'refused');
} catch (error) {
  if (!(error instanceof HeldError)) throw error;
  const { pid, relation, prompt } = error.holder;
  console.log(pid, relation, prompt);
}
