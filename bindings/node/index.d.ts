/// <reference lib="esnext.disposable" />

// Every function returns a promise. It rejects with a TypeError or RangeError for an argument of a wrong type or value,
// with a `code` as in node:fs, and with a LockError if the call failed. Other rejections are documented at each function.

/** A directory. Paths are bytes: one that is not UTF-8 is given as a Buffer or Uint8Array. */
export type Path = string | Uint8Array | FileURL;

/** The part of a `URL` that is used. */
export interface FileURL {
  readonly href: string;
  readonly protocol: string;
}

/** The part of an `AbortSignal` that is used: Node's, a browser's, jsdom's or a polyfill's. */
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
  /** The same in nanoseconds since 1970. Not enumerable: JSON.stringify omits it. */
  readonly startedNs: bigint;
  /** What it is doing, in its own words. Another program chose the text: print `summary` instead. */
  readonly prompt: string;
  /**
   * One line, safe to print at a terminal: the process, its host if it is not this one, since when, and the
   * prompt. Control and invisible characters are escaped, and a long prompt is cut.
   */
  readonly summary: string;
  /** The machine or container it runs on; null if the record has none. */
  readonly host: string | null;
  /**
   * Whether its process ran at that moment.
   * - `live`: it ran.
   * - `dead`: it has ended.
   * - `recycled`: it has ended, and another process has its pid.
   * - `foreign`: it belongs to another host or boot, or to a pid namespace that is not visible from here.
   * - `unknown`: the record has no identity, like ralph-core's, or its start time is in the clock of another time namespace.
   */
  readonly liveness: 'unknown' | 'live' | 'dead' | 'recycled' | 'foreign';
  /** The relation of its process to this one. `ancestor`: this program runs inside that loop. */
  readonly relation: 'unknown' | 'self' | 'ancestor' | 'other';
}

/** The common properties of failures and refusals. */
interface Details {
  /** The operating system's error, for instance `EACCES`; if there is none, the status. */
  readonly code: string;
  /** Its number, negative as in the errors of `node:fs`. */
  readonly errno?: number;
  /** The file it is about. */
  readonly path?: string;
  readonly status: Status;
}

/** A call failed. A lock that another process has is a HeldError instead. */
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
  /** Null if the holder left no record, as `flock(1)` does. */
  readonly holder: Holder | null;
}

/** Another process had the lock until the timeout. */
export class LockTimeoutError extends HeldError {}

/**
 * A held lock. It is held until it is released, or until the thread that took it (the main thread, or a worker) ends,
 * however that ends.
 *
 * The garbage collector never releases a lock. When nothing refers to the Lock object of a held lock any more, Node
 * emits a warning, `RALPH_LOCK_FORGOTTEN`; {@link held} returns an object for it again.
 *
 * A held lock does not keep the process running.
 */
export class Lock<P extends string | Uint8Array = string> {
  private constructor();

  /** The lock file, spelled as the root was; bytes if the root was given as bytes. */
  readonly path: P;

  /**
   * Releases the lock. A second call does nothing and returns the first one's promise.
   *
   * Rejects with a LockError if the record could not be blanked, or was another holder's (`RALPH_LOCK_LOST`). The lock is
   * released in these cases too.
   */
  release(): Promise<void>;

  /**
   * Releases the lock synchronously, for `process.on('exit')`. Does nothing after a release. Throws what `release` rejects
   * with.
   */
  releaseSync(): void;

  /** `await using lock = await acquire(...)` releases at the end of the block. */
  [Symbol.asyncDispose](): Promise<void>;

  /** `using lock = await acquire(...)` releases at the end of the block, synchronously. */
  [Symbol.dispose](): void;

  /**
   * Resolves if this lock is still the workspace's. Call it before work is committed. After `rm -rf .ralph` or
   * `git clean -fdx` it rejects with a LockError, `RALPH_LOCK_LOST`; see {@link Lock.restore}. On a network file system it
   * asks the server, which can take seconds.
   */
  verify(): Promise<void>;

  /**
   * Puts the lock file back after it was removed or replaced, and writes the record again. Resolves also if the file was
   * never gone. Rejects with a HeldError if a program that knows only the file, like `flock(1)`, holds the new one; with a
   * LockError, `RALPH_LOCK_LOST`, if the workspace itself is gone or another directory is at its path.
   */
  restore(): Promise<void>;

  /**
   * The holder on record when the lock was taken: one that died, or a program that leaves its record behind, like
   * ralph-core. Null: the last holder released the lock, there was none, or the lock was adopted. Throws a LockError after
   * a release.
   */
  previous(): Holder | null;

  /**
   * Turns the lock into a descriptor for a child process that continues with it: pass it in `stdio`, and close it here
   * once the child is spawned. The child calls {@link adopt}. This Lock ends; the lock is held while any copy of the
   * descriptor is open. Throws a LockError if it fails; the lock is then released.
   */
  intoFd(): number;
}

/** The Lock that goes with a root. */
export type LockOf<R extends Path> = Lock<R extends Uint8Array ? Uint8Array : string>;

/** Chooses the lock of the workspace. */
export interface FileOptions {
  /** Another file than `.ralph/loop.lock`: a path below the root. Use it only for locking: its text is replaced. */
  lockFile?: string | Uint8Array;
}

export interface AcquireOptions extends FileOptions {
  /** Ends the wait, which rejects with the signal's reason and leaves nothing behind. */
  signal?: AbortSignalLike;
  /**
   * The timeout in milliseconds. Without it, or with `Infinity`, there is no limit. The kernel measures the time, not
   * JavaScript's timers or their fakes.
   */
  timeout?: number;
}

/**
 * Takes the workspace's lock, waiting until it is free. Tested on Linux only.
 *
 * One thread does all waits of the process; a network or FUSE mount has its own thread while there are waits on it, so that a
 * server that does not answer delays only the waits on its own mount. A wait keeps the process running. Waits of a worker
 * end with it.
 *
 * `prompt`: what this process is going to do, for other processes to read; at most 16 MiB.
 *
 * Rejects with a LockTimeoutError, the signal's reason, or a LockError.
 */
export function acquire<R extends Path>(root: R, prompt: string, options?: AcquireOptions): Promise<LockOf<R>>;

/**
 * Takes the lock now. Rejects with a HeldError if another process has it, with a LockError if a call failed.
 *
 * It takes up to 20 ms while a holder is writing its record, and up to a second while many programs ask at once.
 */
export function tryAcquire<R extends Path>(root: R, prompt: string, options?: FileOptions): Promise<LockOf<R>>;

/**
 * Takes over a lock that another process, or a shell, handed over as a descriptor, and becomes the holder on record. The
 * lock is never free in between. On success the descriptor belongs to the Lock, which closes it; do not close it during
 * the call either. If it rejects, the descriptor stays the caller's. To the kernel all copies of a descriptor are one:
 * adopt only one of them, and only once.
 *
 * Rejects with a HeldError without a holder if another descriptor has the lock, else with a LockError.
 */
export function adopt<R extends Path>(root: R, prompt: string, fd: number, options?: FileOptions): Promise<LockOf<R>>;

/**
 * The lock of that workspace that this thread (the main thread, or a worker) holds: the object that `acquire` returned,
 * or a new one if that was collected. Null: it holds none. Code that runs twice in one process, such as a notebook cell,
 * finds the lock of its first run.
 */
export function held<R extends Path>(root: R, options?: FileOptions): Promise<LockOf<R> | null>;

/** The holder on record, without touching the lock. Null: there is no record. A record alone does not mean that the lock is held. */
export function readExisting(root: Path): Promise<Holder | null>;

/** Whether the lock is held at this moment, by any process, this one included. */
export function isLocked(root: Path): Promise<boolean>;

/**
 * Whether the lock is held, and the record that belongs to that answer. It takes up to 20 ms if the holder has no
 * record.
 * - `free`: no process holds it.
 * - `held`: a process holds it; `holder` is null if it left no record.
 * - `stale`: it is free, but the last holder's record is in the file, because that process died.
 */
export function inspect(
  root: Path,
  options?: FileOptions,
): Promise<
  { state: 'free'; holder: null } | { state: 'held'; holder: Holder | null } | { state: 'stale'; holder: Holder }
>;

/**
 * Sends a signal to the process that holds the lock now, and to no other: not to one that reuses a dead holder's pid.
 * `signal`: a name or a number; `SIGTERM` by default; 0 only checks whether one could be sent.
 *
 * Rejects with a LockError:
 * - `RALPH_LOCK_NOT_FOUND`: no process holds the lock.
 * - `RALPH_LOCK_NOT_LIVE`, `RALPH_LOCK_PARSE`: the process on record is not provably the holder.
 */
export function signalHolder(root: Path, signal?: `SIG${string}` | number, options?: FileOptions): Promise<void>;

/**
 * The processes that keep the lock: the holder, or those that inherited its descriptor. Other users' processes are
 * missing. It reads all of /proc, which takes milliseconds to tenths of a second, in a thread of libuv's pool.
 */
export function findKeepers(root: Path, options?: FileOptions): Promise<number[]>;

/**
 * The workspace that a directory belongs to, as an absolute path without symbolic links: the nearest directory at or above
 * `start` that contains `.git` (a directory, or the file of a worktree or submodule). A `.ralph/loop.lock` nearer than
 * that counts while it is held; without any `.git`, the nearest one counts. `start` defaults to the current
 * directory.
 *
 * The search stops at a mount boundary, as git's does, and passes over sticky directories such as /tmp. Rejects with a
 * LockError, `RALPH_LOCK_NOT_FOUND`, if there is no workspace.
 */
export function findRoot<R extends Path = string>(start?: R): Promise<R extends Uint8Array ? Uint8Array : string>;

/**
 * What a lock is worth on the workspace's file system. It tries two locks there and leaves no file behind.
 * - `local`: the file system belongs to this machine, and locks hold among all its processes.
 * - `distributed`: other machines may use it too, and one place grants all locks: GlusterFS, CephFS, NFS.
 * - `no-locks`: it refuses locks, or may grant the same lock to two processes.
 * - `unknown`: locks hold among all processes that use this mount; whether they hold beyond it is unknown.
 */
export function probeFilesystem(root: Path): Promise<'unknown' | 'local' | 'distributed' | 'no-locks'>;
