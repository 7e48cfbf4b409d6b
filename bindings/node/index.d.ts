/// <reference lib="esnext.disposable" />

/** A directory. Paths are bytes: one that is not UTF-8 is given as a Buffer or Uint8Array. */
export type Path = string | Uint8Array | FileURL;

/** What is needed of a `URL`. */
export interface FileURL {
  readonly href: string;
  readonly protocol: string;
}

/** What is needed of an `AbortSignal`: Node's, a browser's, jsdom's or a polyfill's. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** How a call ended: the names in `ralph_lock.h`. A later version may have more. */
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

/** The holder on record: a copy, made at one moment. */
export interface Holder {
  /** Its process id, in its own pid namespace. */
  readonly pid: number;
  /** Its process id here, in this process's pid namespace; null when its process is not visible from here, or has ended. */
  readonly localPid: number | null;
  /** When it took the lock, by its own clock. */
  readonly started: Date;
  /** The same, exact to the nanosecond, as RFC 3339 in UTC. */
  readonly startedText: string;
  /** The same in nanoseconds since 1970. Not enumerable: JSON.stringify leaves it out. */
  readonly startedNs: bigint;
  /** What it is doing, in its own words. Another program chose the text; `summary` is what to print. */
  readonly prompt: string;
  /**
   * One line for people, safe to print at a terminal: the process, its host if that is another one, since when, and the
   * prompt. Control and invisible characters are escaped, and a long prompt is cut.
   */
  readonly summary: string;
  /** The machine or container it runs on; null where the record has none. */
  readonly host: string | null;
  /**
   * Whether its process ran at that moment.
   * - `live`: it ran.
   * - `dead`: it has ended.
   * - `recycled`: it has ended, and another process has its number.
   * - `foreign`: it belongs to another host, boot or pid namespace.
   * - `unknown`: the record has no identity, as that of ralph-core.
   */
  readonly liveness: 'unknown' | 'live' | 'dead' | 'recycled' | 'foreign';
  /** What its process is to this one. `ancestor`: this program runs inside that loop. */
  readonly relation: 'unknown' | 'self' | 'ancestor' | 'other';
}

/** What failures and refusals have in common. */
interface Details {
  /** The operating system's error, for instance `EACCES`; where there is none, the status. */
  readonly code: string;
  /** Its number, negative as in the errors of `node:fs`. */
  readonly errno?: number;
  /** The file it is about. */
  readonly path?: string;
  readonly status: Status;
}

/** A call failed. Never that another process has the lock. */
export class LockError extends Error implements Details {
  private constructor();
  readonly code: string;
  readonly errno?: number;
  readonly path?: string;
  readonly status: Status;
}

/** Another process has the lock, or another Lock of this process. */
export class HeldError extends Error implements Details {
  protected constructor();
  readonly code: string;
  readonly errno?: number;
  readonly path?: string;
  readonly status: Status;
  /** Null when the holder left no record, as `flock(1)` does. */
  readonly holder: Holder | null;
}

/** Another process had the lock for the whole time to wait. */
export class LockTimeoutError extends HeldError {}

/**
 * A held lock. It is held until it is released, or until the thread (the main thread, or the worker) that took it ends,
 * however that ends.
 *
 * The garbage collector never releases a lock. When nothing refers to the Lock object of a held lock any more, Node
 * emits a warning, `RALPH_LOCK_FORGOTTEN`; {@link held} gives an object for it again.
 *
 * A held lock does not keep the process running.
 */
export class Lock<P extends string | Uint8Array = string> {
  private constructor();

  /** The lock file, spelled as the root was; bytes when the root was given as bytes. */
  readonly path: P;

  /**
   * Releases the lock. A second call does nothing and gives the first one's promise.
   *
   * Rejects with a LockError when the record could not be taken out of the file, or was another holder's
   * (`RALPH_LOCK_LOST`). The lock is released then too.
   */
  release(): Promise<void>;

  /** The same at once, in this thread, for `process.on('exit')`. Does nothing after a release. */
  releaseSync(): void;

  /** `await using lock = await acquire(...)` releases at the end of the block. */
  [Symbol.asyncDispose](): Promise<void>;

  /** `using lock = await acquire(...)` releases at the end of the block, at once. */
  [Symbol.dispose](): void;

  /**
   * Resolves if this lock still is the workspace's. After `rm -rf .ralph` or `git clean -fdx` it rejects with a
   * LockError, `RALPH_LOCK_LOST`; see {@link Lock.restore}. Long work asks from time to time, and before it commits what
   * it did. On a network file system it asks the server, which can take seconds.
   */
  verify(): Promise<void>;

  /**
   * Puts the lock file back after it was removed or replaced, and writes the record again. Resolves also if the file was
   * never gone. Rejects with a HeldError when a program that knows only the file, as `flock(1)` does, holds the new one;
   * with a LockError, `RALPH_LOCK_LOST`, when the workspace itself is gone or is another directory now.
   */
  restore(): Promise<void>;

  /** Who was on record when the lock was taken: a holder that died. Null: the last one ended well, or there was none. */
  previous(): Holder | null;

  /**
   * Turns the lock into a descriptor for a child process that goes on with it: give it in `stdio`, and close it here
   * once the child is spawned. The child calls {@link adopt}. This Lock is ended; the lock is held while any copy of the
   * descriptor is open. It runs at once, in this thread. Where it throws, the lock is released.
   */
  intoFd(): number;
}

/** The Lock that goes with a root. */
export type LockOf<R extends Path> = Lock<R extends Uint8Array ? Uint8Array : string>;

/** Which lock of the workspace is meant. */
export interface FileOptions {
  /** Another file than `.ralph/loop.lock`: a path below the root. It is for locking alone; its text is replaced. */
  lockFile?: string | Uint8Array;
}

export interface AcquireOptions extends FileOptions {
  /** Ends the wait: it rejects with the signal's reason, and nothing of it is left. */
  signal?: AbortSignalLike;
  /**
   * For how long to wait, in milliseconds. Without it, or with `Infinity`: as long as it takes. The kernel measures the
   * time; JavaScript's timers, and fakes of them, have no part in it.
   */
  timeout?: number;
}

/**
 * Takes the workspace's lock, and waits until it is free. It needs Linux.
 *
 * One thread does all waits of the process; a network or FUSE mount has one more while it is waited on, so that a server
 * that does not answer holds up the waits on its own mount only. A wait keeps the process running. Waits of a worker
 * end with it.
 *
 * `prompt`: what this process is going to do, for others to read; at most 16 MiB.
 *
 * Rejects with a LockTimeoutError, the signal's reason, or a LockError.
 */
export function acquire<R extends Path>(root: R, prompt: string, options?: AcquireOptions): Promise<LockOf<R>>;

/**
 * Takes the lock now. Rejects with a HeldError when another process has it, with a LockError when something failed.
 *
 * It takes up to 20 ms when a holder is just writing its record, up to a second when many programs ask at once.
 */
export function tryAcquire<R extends Path>(root: R, prompt: string, options?: FileOptions): Promise<LockOf<R>>;

/**
 * Goes on with a lock that another process, or a shell, handed over as a descriptor, and becomes the holder on
 * record. The lock is never free in between. The descriptor belongs to the Lock then, which closes it; do not close it
 * during the call either. Where it rejects, the descriptor is the caller's as before.
 *
 * Rejects with a HeldError without a holder when the lock is another descriptor's, else with a LockError.
 */
export function adopt<R extends Path>(root: R, prompt: string, fd: number, options?: FileOptions): Promise<LockOf<R>>;

/**
 * The lock of that workspace that this thread (the main thread, or the worker) holds: the object that `acquire` gave, or
 * one more for it when that one is garbage. Null: it holds none. So a program, or a notebook cell, that runs again finds
 * the lock that its first run took.
 */
export function held<R extends Path>(root: R, options?: FileOptions): Promise<LockOf<R> | null>;

/** The holder on record, without touching the lock. Null: there is no record. It does not say that the lock is held. */
export function readExisting(root: Path): Promise<Holder | null>;

/** Whether the lock is held at this moment, by any process, this one included. */
export function isLocked(root: Path): Promise<boolean>;

/**
 * Whether the lock is held, and the record that belongs to that answer. It takes up to 20 ms when a holder is not on
 * record.
 * - `free`: no process holds it.
 * - `held`: a process holds it; `holder` is null if it left no record.
 * - `stale`: it is free, and the last holder's record is still there, because that process died.
 */
export function inspect(
  root: Path,
  options?: FileOptions,
): Promise<
  { state: 'free'; holder: null } | { state: 'held'; holder: Holder | null } | { state: 'stale'; holder: Holder }
>;

/**
 * Sends a signal to the process that holds the lock now, and to no other: not to one that merely has the number of a
 * holder that died. `signal`: a name or a number; `SIGTERM` if none is given; 0 only tells whether one could be sent.
 *
 * Rejects with a LockError:
 * - `RALPH_LOCK_NOT_FOUND`: no process holds the lock.
 * - `RALPH_LOCK_NOT_LIVE`, `RALPH_LOCK_PARSE`: which process holds it cannot be proved.
 */
export function signalHolder(root: Path, signal?: `SIG${string}` | number, options?: FileOptions): Promise<void>;

/**
 * The processes that keep the lock: the holder, or those that inherited its descriptor. Other users' processes are not
 * seen. It looks through all of /proc, which takes milliseconds to tenths of a second, in a thread of libuv's pool.
 */
export function findKeepers(root: Path, options?: FileOptions): Promise<number[]>;

/**
 * The workspace that a directory belongs to, as an absolute path without symbolic links: the nearest directory at or above
 * `start` that contains `.git` (a directory, or the file of a worktree or submodule). A `.ralph/loop.lock` nearer than
 * that counts while it is held; without any `.git`, the nearest one counts. `start` is the current directory if none is
 * given.
 *
 * The search stops at a mount boundary, as git's does, and passes over sticky directories such as /tmp. Rejects with a
 * LockError, `RALPH_LOCK_NOT_FOUND`, when there is no workspace.
 */
export function findRoot<R extends Path = string>(start?: R): Promise<R extends Uint8Array ? Uint8Array : string>;

/** What a lock is worth on the workspace's file system, to be asked before a program relies on it. */
export function probeFilesystem(root: Path): Promise<'unknown' | 'local' | 'distributed' | 'no-locks'>;
