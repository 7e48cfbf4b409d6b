// Compiled by `tsc --strict` without the types of Node or of a browser: the package needs neither.
import { acquire, HeldError, type AbortSignalLike, type Lock } from 'ralph-lock';

export async function work(signal: AbortSignalLike): Promise<string> {
  const lock: Lock = await acquire('.', 'implement auth', { signal, timeout: 60_000 });
  try {
    return lock.path;
  } finally {
    await lock.release();
  }
}

export const explain = (error: unknown) => (error instanceof HeldError ? error.holder?.startedNs : undefined);
