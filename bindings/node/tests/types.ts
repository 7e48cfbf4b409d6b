// Compiled by `tsc --strict`, and not run: how a program in TypeScript uses the package.
import {
  acquire,
  adopt,
  findKeepers,
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
  type Holder,
  type Status,
} from 'ralph-lock';

export async function work(root: string | URL): Promise<number> {
  await using lock: Lock = await acquire(root, 'implement auth', {
    signal: AbortSignal.timeout(1000),
    timeout: 500,
  });
  const path: string = lock.path;
  const bytes: Lock<Buffer> = await tryAcquire(Buffer.from(path), 'x', { lockFile: 'build/deploy.lock' });
  const adopted: Lock = await adopt('.', 'x', bytes.intoFd(), { lockFile: 'build/deploy.lock' });
  const file: Buffer = bytes.path;
  adopted.releaseSync();
  await lock.verify();
  const previous: Holder | null = lock.previous();
  return file.length + (previous?.pid ?? 0);
}

export async function ask(root: string): Promise<string | undefined> {
  const found = await inspect(root);
  if (found.state === 'stale') return found.holder.prompt;
  if (found.state === 'held' && (await isLocked(root))) await signalHolder(root, 'SIGTERM');
  const pids: number[] = await findKeepers(root);
  const verdict: 'unknown' | 'local' | 'distributed' | 'no-locks' = await probeFilesystem(root);
  const ns: bigint | undefined = (await readExisting(root))?.startedNs;
  return `${pids} ${verdict} ${ns}`;
}

export function explain(error: unknown): string {
  if (error instanceof LockTimeoutError) return 'too long';
  if (error instanceof HeldError)
    return error.holder?.liveness === 'live' ? error.holder.started.toISOString() : 'somebody';
  if (error instanceof LockError) {
    const status: Status = error.status;
    return `${status} ${error.code} ${error.errno} ${error.path}`;
  }
  throw error;
}

// @ts-expect-error a prompt is needed
void tryAcquire('.');
// @ts-expect-error a timeout is for those who wait
void tryAcquire('.', 'x', { timeout: 1 });
// @ts-expect-error locks come from acquire
void new Lock();
// @ts-expect-error nobody changes it
void acquire('.', 'x').then((lock) => (lock.path = ''));
