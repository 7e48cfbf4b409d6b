// Compiled by `tsc --strict`, and not run: how a program in TypeScript uses the package.
import {
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
  type Holder,
  type Status,
} from 'ralph-lock';

export async function work(root: string | URL): Promise<number> {
  await using lock: Lock = await acquire(root, 'implement auth', {
    signal: AbortSignal.timeout(1000),
    timeout: 500,
  });
  const path: string = lock.path;
  const bytes: Lock<Uint8Array> = await tryAcquire(new TextEncoder().encode(path), 'x', {
    lockFile: 'build/deploy.lock',
  });
  const adopted: Lock = await adopt('.', 'x', bytes.intoFd(), { lockFile: 'build/deploy.lock' });
  const file: Uint8Array = bytes.path;
  adopted.releaseSync();
  using again: Lock | null = await held(root);
  void again?.path;
  await lock.verify();
  await lock.restore();
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
  const top: string = await findRoot();
  const bytes: Uint8Array = await findRoot(new Uint8Array());
  return `${pids} ${verdict} ${ns} ${top} ${bytes} ${found.holder?.summary}`;
}

export function explain(error: unknown): string {
  if (error instanceof LockTimeoutError) return 'too long';
  if (error instanceof HeldError)
    return error.holder?.liveness === 'live' ? error.holder.started.toISOString() : 'unknown';
  if (error instanceof LockError) {
    const status: Status = error.status;
    return `${status} ${error.code} ${error.errno} ${error.path}`;
  }
  throw error;
}

// @ts-expect-error a prompt is needed
void tryAcquire('.');
// @ts-expect-error tryAcquire does not wait
void tryAcquire('.', 'x', { timeout: 1 });
// @ts-expect-error locks come from acquire
void new Lock();
// @ts-expect-error the path is read-only
void acquire('.', 'x').then((lock) => (lock.path = ''));
