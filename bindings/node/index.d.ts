/// <reference types="node" />

/** A directory. Paths are bytes: one that is not UTF-8 is given as a Buffer. */
export type Path = string | Uint8Array | URL;

/** How a call ended: the names in `ralph_lock.h`. A later library may have others. */
export type Status =
  | 'RALPH_LOCK_OK'
  | 'RALPH_LOCK_ALREADY_LOCKED'
  | 'RALPH_LOCK_NOT_FOUND'
  | 'RALPH_LOCK_TIMED_OUT'
  | 'RALPH_LOCK_CANCELLED'
  | 'RALPH_LOCK_INTERRUPTED'
  | 'RALPH_LOCK_LOST'
  | 'RALPH_LOCK_NOT_LIVE'
  | 'RALPH_LOCK_INVALID_ARGUMENT'
  | 'RALPH_LOCK_INVALID_HANDLE'
  | 'RALPH_LOCK_IO'
  | 'RALPH_LOCK_PARSE'
  | 'RALPH_LOCK_UNSUPPORTED_PLATFORM'
  | 'RALPH_LOCK_UNSUPPORTED_FILESYSTEM'
  | 'RALPH_LOCK_PANIC';

/** Who is on record as the holder of a lock: a copy, taken at one moment. */
export interface Holder {
  /** The process id, as the holder sees it: in another pid namespace it means another process, or none. */
  readonly pid: number;
  /** When it took the lock, by its own clock. */
  readonly started: Date;
  /** The same, exact to the nanosecond, as RFC 3339 in UTC. */
  readonly startedText: string;
  /** The same in nanoseconds since 1970. Not enumerable: JSON.stringify leaves it out. */
  readonly startedNs: bigint;
  /** What it is doing, in its own words. */
  readonly prompt: string;
  /** The machine or container it runs on; null where the record has none. */
  readonly host: string | null;
  /**
   * Whether its process ran when it was asked. `recycled`: it has ended, and its number is another process's
   * now. `foreign`: it belongs to another host, boot or pid namespace. `unknown`: the record has no identity.
   */
  readonly liveness: 'unknown' | 'live' | 'dead' | 'recycled' | 'foreign';
  /** What its process is to this one. `ancestor`: this program runs inside that loop. */
  readonly relation: 'unknown' | 'self' | 'ancestor' | 'other';
}

/** What failures and refusals have in common. */
interface Details {
  /** The operating system's error, for instance `EACCES`; where there was none, the status. */
  readonly code: string;
  /** Its number, negative as in the errors of `node:fs`. */
  readonly errno?: number;
  /** The file it is about. */
  readonly path?: string;
  readonly status: Status;
}

/** Something failed. Never that somebody else has the lock. */
export class LockError extends Error implements Details {
  private constructor();
  readonly code: string;
  readonly errno?: number;
  readonly path?: string;
  readonly status: Status;
}

/** Somebody else has the lock, or another Lock of this process. */
export class HeldError extends Error implements Details {
  protected constructor();
  readonly code: string;
  readonly errno?: number;
  readonly path?: string;
  readonly status: Status;
  /** Who; null when the holder left no record, as `flock(1)` does. */
  readonly holder: Holder | null;
}

/** Somebody else had the lock for the whole time to wait. */
export class LockTimeoutError extends HeldError {}

/**
 * A held lock. Keep it for as long as the lock is needed: one that is no longer referred to is given up at some
 * time.
 *
 * It belongs to the process, and the object to the thread (worker_threads) that made it. A held lock does not
 * keep the process running; the lock ends with the process, however that ends. A worker releases before it
 * ends: what it holds then stays locked until the process ends.
 */
export class Lock<P extends string | Buffer = string> {
  private constructor();

  /** The lock file; a Buffer when the root was given as bytes. */
  readonly path: P;

  /**
   * Gives the lock up. A second time it does nothing and gives the first one's promise.
   *
   * Rejects with a LockError when the record could not be taken out of the file; the lock is given up then too.
   */
  release(): Promise<void>;

  /** The same at once, in this thread, for `process.on('exit')`. Nothing after a release. Throws as that rejects. */
  releaseSync(): void;

  /** `await using lock = await acquire(...)` releases at the end of the block. */
  [Symbol.asyncDispose](): Promise<void>;

  /**
   * Resolves if the path still leads to the file that is locked. After `rm -rf .ralph` or `git clean -fdx` it
   * does not, and another process can take the lock of a new file: then it rejects with a LockError,
   * `RALPH_LOCK_LOST`. A long work asks from time to time, and before it commits what it did. On a network file
   * system it asks the server, which can take seconds.
   */
  verify(): Promise<void>;

  /** Who was on record when the lock was taken: a holder that died. Null: the last one ended well, or there was none. */
  previous(): Holder | null;

  /**
   * Turns the lock into a descriptor, for a child process that goes on with it: give it in `stdio`, and close
   * it here once the child is spawned. The child calls `adopt`. This Lock is ended; the lock is held as long as
   * any copy of the descriptor is open.
   */
  intoFd(): number;
}

/** The Lock that goes with a root. */
export type LockOf<R extends Path> = Lock<R extends Uint8Array ? Buffer : string>;

export interface TryOptions {
  /** Another file than `.ralph/loop.lock`: a path below the root. It is for locking alone, its text is replaced. */
  lockFile?: string | Uint8Array;
}

export interface AcquireOptions extends TryOptions {
  /** Ends the wait: it rejects with the signal's reason, and has left nothing behind by then. */
  signal?: AbortSignal;
  /** For how long to wait, in milliseconds. Without it: as long as it takes. */
  timeout?: number;
}

/**
 * Takes the workspace's lock, waiting until it is free. The wait is in Node's own event loop; no thread sits in
 * it. It needs Linux. A wait keeps the process running. Abort the waits of a worker before it is terminated
 * from outside: a lock that comes at that instant stays with the process, and koffi can end the process then.
 *
 * `prompt`: what this process is going to do, for others to read; at most 16 MiB.
 *
 * Rejects with a LockTimeoutError, the signal's reason, or a LockError.
 */
export function acquire<R extends Path>(root: R, prompt: string, options?: AcquireOptions): Promise<LockOf<R>>;

/**
 * Takes the lock now. Rejects with a HeldError when somebody has it, with a LockError when something failed.
 *
 * It takes up to 20 ms for a holder that is just writing who it is, up to a second when many only ask.
 */
export function tryAcquire<R extends Path>(root: R, prompt: string, options?: TryOptions): Promise<LockOf<R>>;

/**
 * Goes on with a lock that another process, or a shell, handed over as a descriptor, and becomes the holder on
 * record. The lock is never free in between. The descriptor belongs to the Lock then, and is closed; where it
 * rejects, it is the caller's as before.
 *
 * Rejects with a HeldError (without a holder) when the lock is another descriptor's, else with a LockError.
 */
export function adopt<R extends Path>(
  root: R,
  prompt: string,
  fd: number,
  options?: TryOptions,
): Promise<LockOf<R>>;

/** Who is on record, without touching the lock. Null: nobody. It does not say that the lock is held. */
export function readExisting(root: Path): Promise<Holder | null>;

/** Whether somebody holds the lock at this moment, this process included. */
export function isLocked(root: Path): Promise<boolean>;

/**
 * Whether the lock is held, and the record that belongs to that answer. `stale`: it is free, and the last
 * holder's record is still there, because it died. It takes up to 20 ms when a holder is not on record.
 */
export function inspect(
  root: Path,
): Promise<
  | { state: 'free'; holder: null }
  | { state: 'held'; holder: Holder | null }
  | { state: 'stale'; holder: Holder }
>;

/**
 * Sends a signal to the process that holds the lock now, and to no other: not to one that merely has the number
 * of a holder that died. `signal`: a name or a number; `SIGTERM` if none is given; 0 only tells whether one
 * could be sent.
 *
 * Rejects with a LockError: `RALPH_LOCK_NOT_FOUND` when nobody holds the lock, `RALPH_LOCK_NOT_LIVE` and
 * `RALPH_LOCK_PARSE` when it cannot be told who does.
 */
export function signalHolder(root: Path, signal?: NodeJS.Signals | number): Promise<void>;

/**
 * The processes that keep the lock: the holder, or those that inherited its descriptor. Other users' processes
 * are not seen. It looks through all of /proc, which takes milliseconds to tenths of a second, in a thread of
 * the pool.
 */
export function findKeepers(root: Path): Promise<number[]>;

/** What a lock is worth on the workspace's file system, to be asked before a program relies on it. */
export function probeFilesystem(root: Path): Promise<'unknown' | 'local' | 'distributed' | 'no-locks'>;
