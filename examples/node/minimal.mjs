import { HeldError, tryAcquire } from 'ralph-lock';

try {
  const lock = await tryAcquire('.', process.argv[2] ?? '');
  console.log(`we hold ${lock.path} and can work`);
  await lock.release();
} catch (error) {
  process.exitCode = 1;
  const holder = error instanceof HeldError ? error.holder : null;
  if (holder) console.log(`taken by ${holder.summary}`);
  else console.log(`not locked: ${error.message}`);
}
