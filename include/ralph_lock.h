/**
 * ralph_lock: one primary process per workspace.
 *
 * Two programs that work in one workspace at the same time destroy each other's work. So one takes
 * the workspace's lock, and every other one learns which process holds it, since when and doing
 * what.
 *
 *     ralph_lock_guard *guard;
 *     ralph_lock_metadata *holder;
 *     ralph_lock_error *error;
 *
 *     switch (ralph_lock_try_acquire(".", "implement auth", &guard, &holder, &error)) {
 *     case RALPH_LOCK_OK:
 *         work();
 *         ralph_lock_release(guard);
 *         break;
 *     case RALPH_LOCK_ALREADY_LOCKED:
 *         printf("locked by %s\n", ralph_lock_metadata_summary(holder));
 *         break;
 *     default:
 *         fprintf(stderr, "%s\n", ralph_lock_error_message(error));
 *     }
 *     ralph_lock_metadata_free(holder);
 *     ralph_lock_error_free(error);
 *
 * WHAT IS LOCKED. The file `.ralph/loop.lock` under the workspace root, with the kernel's flock(2).
 * That lock ends with the process that holds it, however the process ends. Neither the file's
 * existence nor its text is the lock: the text is JSON that names the holder, and a release blanks
 * it. The Rust crate ralph-core (2.9.3 and later) uses the same file; each excludes the other and
 * reads the other's record. This library never expires a lock, breaks one or removes the file. A
 * holder also locks the workspace's directory. So the lock survives `rm -rf .ralph` and `git
 * clean`: every other caller of this library is refused while it is held. ralph_lock_guard_verify()
 * tells a holder that the file is gone, and ralph_lock_guard_restore() puts it back. Programs that
 * know only the file are excluded by the file.
 *
 * The root is resolved once per call: a later chdir(2) in any thread, or a rename of a directory
 * above it, does not affect guards, waits and waiters.
 *
 * An overlay mount and its upper directory have separate files, and so separate locks: use one of
 * them.
 *
 * HANDLES. Guards, metadata, errors, options, cancel tokens and waiters are names that the library
 * looks up, not addresses that it reads. A handle that was released or freed, belongs to another type
 * or is garbage gives RALPH_LOCK_INVALID_HANDLE, or an empty answer from a function without a status:
 * never undefined behaviour. No handle value is used twice in a process.
 *
 * OWNERSHIP. An object that a function returns through an out-parameter belongs to the caller: end
 * a guard with ralph_lock_release(), and everything else with its `_free` function. For NULL both
 * do nothing. Every call first clears its out-parameters: to NULL, false, 0, or -1 for a
 * descriptor. A `const char *` result is borrowed from the object that was asked, and valid until
 * that is freed.
 *
 * ERRORS. Every function that can fail returns a ralph_lock_status. Details come back in the same
 * call through the last parameter, which may be NULL; it receives an error object exactly when the
 * status is not RALPH_LOCK_OK. If there is no memory for one, it receives a static object. Nothing is
 * thread-local. ralph_lock_release(), ralph_lock_cancel_trigger() and the functions that set options
 * have no such parameter: ralph_lock_status_message() explains their status. After a failed system
 * call `errno` has its error too.
 *
 * STRINGS. Paths are bytes, terminated by NUL. Prompts and messages are UTF-8, terminated by NUL.
 * Pointers that the caller passes are used during the call only. A prompt or path from another
 * process may contain line breaks and terminal controls: print ralph_lock_metadata_summary() and
 * ralph_lock_error_message(), which escape them.
 *
 * MEMORY. A record that does not fit into memory is RALPH_LOCK_IO with ENOMEM. For its own objects
 * of a few hundred bytes, and for copies of what the caller passes, such as the prompt, the library
 * allocates like every Rust program: if there is no memory left, the process is aborted.
 *
 * THREADS. Any thread may call any function at any time. A guard belongs to the process, not to the
 * thread that made it. Two guards for one lock exclude each other within one process too. No function
 * is a cancellation point: a pthread_cancel(3) during a call takes effect at the thread's next
 * cancellation point after it. A thread with cancelability type PTHREAD_CANCEL_ASYNCHRONOUS must not
 * call: like nearly all functions, these are not async-cancel-safe.
 *
 * FORK. A forked child holds no lock of its parent: its ralph_lock_release() closes the child's
 * copy and leaves the lock where it is. Cancel tokens and waiters stay the parent's, and are not
 * live handles in the child. While such a child has its copy open (exec closes it), the kernel
 * keeps the lock of a killed parent. A release by the parent frees the lock in any case. A child
 * of a process with many threads may call any function between fork and exec: it never waits for a
 * mutex that a thread of the parent left locked. If such a thread was verifying or restoring the
 * guard, the child's release of it returns RALPH_LOCK_INVALID_HANDLE, and its copy stays open
 * until it exits or calls exec.
 *
 * LOADING. Loading the library runs no code: no thread, no signal handler, no hook. Its first calls
 * install two handlers: one counts forks, pthread_atfork(3), and one keeps the library's panics
 * from being printed. The library prints nothing and reads no environment variable. Once loaded,
 * the shared library stays mapped: dlclose(3) leaves guards held and handles valid. Link a plugin
 * that contains the static library with `-z nodelete`, or never unload it.
 */

#ifndef RALPH_LOCK_H
#define RALPH_LOCK_H

/* Made from src/ by `make header`. Do not edit. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header. ralph_lock_version() returns that of the running library. */
#define RALPH_LOCK_VERSION "0.1.0"
#define RALPH_LOCK_VERSION_MAJOR 0
#define RALPH_LOCK_VERSION_MINOR 1
#define RALPH_LOCK_VERSION_PATCH 0
/** One number that grows with every version: major * 1000000 + minor * 1000 + patch. */
#define RALPH_LOCK_VERSION_NUMBER \
    (RALPH_LOCK_VERSION_MAJOR * 1000000 + RALPH_LOCK_VERSION_MINOR * 1000 + RALPH_LOCK_VERSION_PATCH)

/** The lock file, relative to the workspace root. */
#define RALPH_LOCK_FILE ".ralph/loop.lock"

/** Marks functions whose status must not be ignored: a caller would continue without the lock. */
#if defined(__GNUC__)
#define RALPH_LOCK_MUST_USE __attribute__((warn_unused_result))
#else
#define RALPH_LOCK_MUST_USE
#endif

/**
 * How a call ended. Values are fixed: they are never renumbered or reused.
 *
 * Values below 100 are ordinary outcomes; values from 100 on are failures. A later version may add values: treat
 * unknown ones as failures.
 */
typedef enum {
    /**
     * The call succeeded.
     */
    RALPH_LOCK_OK = 0,
    /**
     * Another process holds the lock, or another guard of this process.
     */
    RALPH_LOCK_ALREADY_LOCKED = 1,
    /**
     * A lock file, its record, a holder or a workspace does not exist.
     */
    RALPH_LOCK_NOT_FOUND = 2,
    /**
     * The timeout expired before the lock was free.
     */
    RALPH_LOCK_TIMED_OUT = 3,
    /**
     * The wait was cancelled.
     */
    RALPH_LOCK_CANCELLED = 4,
    /**
     * A signal handler ran during the wait; call again to wait again.
     */
    RALPH_LOCK_INTERRUPTED = 5,
    /**
     * The lock was lost: the lock file or a directory above it was removed or replaced, or a server has dropped the
     * lock.
     */
    RALPH_LOCK_LOST = 6,
    /**
     * The lock is held, but not provably by the process on record.
     */
    RALPH_LOCK_NOT_LIVE = 7,
    /**
     * An argument is NULL, not UTF-8, too long or otherwise impossible; nothing was done.
     */
    RALPH_LOCK_INVALID_ARGUMENT = 100,
    /**
     * The handle was released or freed already, or never was one; nothing was done.
     */
    RALPH_LOCK_INVALID_HANDLE = 101,
    /**
     * A system call failed; `errno` and ralph_lock_error_os_code() have its error.
     */
    RALPH_LOCK_IO = 102,
    /**
     * The lock is held, but the lock file has no record of the holder.
     */
    RALPH_LOCK_PARSE = 103,
    /**
     * The platform has no flock(2), or the kernel lacks what the call needs.
     */
    RALPH_LOCK_UNSUPPORTED_PLATFORM = 104,
    /**
     * The file system does not support locks, or changes the inode number of an open file.
     */
    RALPH_LOCK_UNSUPPORTED_FILESYSTEM = 105,
    /**
     * A bug in this library, caught before it reached the caller; the call had no result.
     */
    RALPH_LOCK_PANIC = 106,
} ralph_lock_status;

/**
 * Whether a lock is held, and whether its file has a record.
 */
typedef enum {
    /**
     * No process holds the lock.
     */
    RALPH_LOCK_STATE_FREE = 0,
    /**
     * A process holds it.
     */
    RALPH_LOCK_STATE_HELD = 1,
    /**
     * No process holds it, but the file has a record: its process died, or left the record behind, as ralph-core and
     * execve(2) do, or the record was copied with the directory. A running process on record does not hold this lock.
     */
    RALPH_LOCK_STATE_STALE = 2,
} ralph_lock_state;

/**
 * What a lock is worth on a file system.
 */
typedef enum {
    /**
     * Locks hold among all processes that use this mount. Whether they hold beyond it is unknown.
     */
    RALPH_LOCK_FILESYSTEM_UNKNOWN = 0,
    /**
     * It belongs to this machine, and locks hold among all its processes.
     */
    RALPH_LOCK_FILESYSTEM_LOCAL = 1,
    /**
     * Other machines may use it too, and one place grants all locks: GlusterFS, CephFS, NFS.
     */
    RALPH_LOCK_FILESYSTEM_DISTRIBUTED = 2,
    /**
     * It refuses locks, or may grant the same lock to two processes: in this mount, as MooseFS does; or through
     * another mount, as sshfs, mergerfs, gocryptfs, unionfs-fuse and VirtioFS do, and NFS mounted with
     * `nolock` or `local_lock`.
     */
    RALPH_LOCK_FILESYSTEM_NO_LOCKS = 3,
} ralph_lock_filesystem;

/**
 * Whether the process on record runs.
 */
typedef enum {
    /**
     * Unknown: the record has no identity (ralph-core writes none), its start time is in the clock of another time
     * namespace, or there is no /proc.
     */
    RALPH_LOCK_LIVENESS_UNKNOWN = 0,
    /**
     * It runs.
     */
    RALPH_LOCK_LIVENESS_LIVE = 1,
    /**
     * It has ended.
     */
    RALPH_LOCK_LIVENESS_DEAD = 2,
    /**
     * It has ended, and another process has its pid now.
     */
    RALPH_LOCK_LIVENESS_RECYCLED = 3,
    /**
     * It belongs to another host or boot, or to a pid namespace that is not visible from here, and cannot be judged.
     */
    RALPH_LOCK_LIVENESS_FOREIGN = 4,
} ralph_lock_liveness;

/**
 * The relation of the process on record to the caller.
 */
typedef enum {
    /**
     * It cannot be determined.
     */
    RALPH_LOCK_RELATION_UNKNOWN = 0,
    /**
     * The caller's own process.
     */
    RALPH_LOCK_RELATION_SELF = 1,
    /**
     * An ancestor of the caller: its parent, that process's parent, and so on.
     */
    RALPH_LOCK_RELATION_ANCESTOR = 2,
    /**
     * Neither, as far as is visible from the caller's pid namespace.
     */
    RALPH_LOCK_RELATION_OTHER = 3,
} ralph_lock_relation;

/**
 * Ends waits from another thread. One token can serve many waits in many threads. The caller owns it and frees it with
 * ralph_lock_cancel_free(). It is valid in the process that made it: in a forked child it is not a live handle.
 */
typedef struct ralph_lock_cancel ralph_lock_cancel;

/**
 * The details of one failed call, which the function returns through its last parameter. The caller owns it and frees
 * it with ralph_lock_error_free().
 */
typedef struct ralph_lock_error ralph_lock_error;

/**
 * A held lock. A function that acquires returns it, and ralph_lock_release() ends it. It is a name that is looked up
 * at each use, never an address: a released guard, or any other value, gives RALPH_LOCK_INVALID_HANDLE.
 */
typedef struct ralph_lock_guard ralph_lock_guard;

/**
 * A copy of a lock's record, taken at one moment: the holder, since when, and its prompt. The caller owns it and frees
 * it with ralph_lock_metadata_free().
 */
typedef struct ralph_lock_metadata ralph_lock_metadata;

/**
 * How to acquire: how long to wait, what ends the wait, which lock file. The caller owns it and frees it with
 * ralph_lock_options_free(). It can serve any number of calls, in many threads at a time; a change applies to calls
 * that begin after it. In a forked child, options that another thread was using at the fork give
 * RALPH_LOCK_INVALID_ARGUMENT.
 */
typedef struct ralph_lock_options ralph_lock_options;

/**
 * A wait for a lock in an event loop: poll its descriptor, and step when it is readable. It has no thread. The caller
 * owns it and frees it with ralph_lock_waiter_free(). It belongs to the process that made it: in a forked child it can
 * only be freed.
 *
 * The waits of a process for one lock, those of ralph_lock_acquire_with() too, stand in line in the order of their
 * first steps. The kernel wakes the first one, and its end wakes the next. A wait that is not stepped while it is
 * readable delays the others by a second at most. A waiter has one descriptor, or two with a timeout; the first in
 * line has up to six more.
 */
typedef struct ralph_lock_waiter ralph_lock_waiter;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The status's name as in this header, for instance "RALPH_LOCK_IO"; for any other number
 * "RALPH_LOCK_UNKNOWN_STATUS". Never NULL. The string is static and is not freed.
 */
const char *ralph_lock_status_name(int32_t status);

/**
 * The meaning of a status in a few words. Any number is allowed. Never NULL. The string is static and is not freed.
 * The details of a call are in its error object; for functions without one, this is the message.
 */
const char *ralph_lock_status_message(int32_t status);

/**
 * Takes the workspace's lock now, or names the process that holds it. It does not wait for the lock to be released. It
 * waits up to 20 ms for a holder that is writing its record, and up to a second while only the short shared locks of
 * processes that ask whether it is locked prevent it.
 *
 * `workspace_root`: an existing directory. `.ralph` and the lock file in it are created if missing.
 *
 * `prompt`: what this process is going to do, for other processes to read. UTF-8, at most 16 MiB, and at most 18 MiB
 * as JSON, where a line break or a quote takes two bytes. Every user with read access to the file can read it: keep
 * secrets out.
 *
 * `guard` receives the held lock on RALPH_LOCK_OK, else NULL. The caller ends it with ralph_lock_release(). Must
 * not be NULL.
 *
 * `holder` receives the holder's record on RALPH_LOCK_ALREADY_LOCKED, else NULL. It is NULL too if the holder left no
 * record, as flock(1) does. The caller frees it with ralph_lock_metadata_free(). May be NULL.
 *
 * `error` receives details of every status but RALPH_LOCK_OK, else NULL. The caller frees it with
 * ralph_lock_error_free(). May be NULL.
 *
 * If RLIMIT_FSIZE (`ulimit -f`) is smaller than the record, writing it raises SIGXFSZ, setrlimit(2), which ends a
 * process that does not ignore or handle it; if it is ignored, the call fails with EFBIG.
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_ALREADY_LOCKED: another process holds it, or another guard of this one; also if the lock file may be
 *   read but not written. `holder` is NULL if the workspace's directory is locked and the lock file is not: the
 *   holder's file was removed, or a program such as flock(1) has locked the directory. The message says so
 * - RALPH_LOCK_INVALID_ARGUMENT: a required argument is NULL, the root is empty, the path too long, or the prompt too
 *   long or not UTF-8
 * - RALPH_LOCK_IO: a system call failed, for instance with ENOENT (no such root), EACCES or EROFS (the lock is
 *   free, and the file may not be written), ENOSPC, EMFILE, ENOLCK, EAGAIN (another process has a lease on the
 *   lock file, fcntl(2)), or with ELOOP, EISDIR or EINVAL if a symbolic link, a directory or another object than a
 *   regular file is in the lock file's place
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_PANIC
 */
RALPH_LOCK_MUST_USE
ralph_lock_status ralph_lock_try_acquire(const char *workspace_root,
                                         const char *prompt,
                                         ralph_lock_guard **guard,
                                         ralph_lock_metadata **holder,
                                         ralph_lock_error **error);

/**
 * Takes the workspace's lock, waiting in the kernel's queue, flock(2), without limit.
 *
 * It queues for the file that it opened, not for the path. If that file is removed while another process holds it, the
 * wait lasts until that process unlocks it, and then starts over at the path. Timed waits, ralph_lock_acquire_with(),
 * follow the path at once.
 *
 * The parameters are those of ralph_lock_try_acquire(). It waits for a lock of the calling process too. A lock file
 * without write permission is RALPH_LOCK_IO at once.
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INTERRUPTED: a signal handler ran that was installed without SA_RESTART, sigaction(2). Call again to
 *   wait again, at the end of the queue
 * - RALPH_LOCK_INVALID_ARGUMENT: as in ralph_lock_try_acquire()
 * - RALPH_LOCK_IO: as in ralph_lock_try_acquire()
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_PANIC
 */
RALPH_LOCK_MUST_USE
ralph_lock_status ralph_lock_acquire_blocking(const char *workspace_root,
                                              const char *prompt,
                                              ralph_lock_guard **guard,
                                              ralph_lock_error **error);

/**
 * Takes the workspace's lock as the options say: waits with a timeout, until a token is triggered, or for another lock
 * file. It starts no thread, and does not poll where the kernel reports when the lock may be free (inotify(7) and
 * pidfd_open(2), or kqueue(2) on macOS and FreeBSD). The kernel reports nothing on network file systems, on some BSDs,
 * without a free inotify instance, and while another process has locked only the workspace's directory: there it looks
 * again after 1 to 50 ms. Up to 100 waits of a process share one inotify instance, of which a user has 128; later
 * waits reuse it. A wait that ends without the lock leaves nothing behind.
 *
 * `options`: NULL tries once, like ralph_lock_try_acquire(); new options wait without limit. The other parameters are
 * those of ralph_lock_try_acquire(). `holder` receives the last known holder on RALPH_LOCK_TIMED_OUT and
 * RALPH_LOCK_CANCELLED too.
 *
 * The timeout starts with the call: calling again after RALPH_LOCK_INTERRUPTED restarts it. To keep a deadline, set
 * the remaining time. While the server of a distributed file system does not answer, neither the timeout nor the token
 * ends the call.
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_ALREADY_LOCKED: with no options, or with a timeout of 0
 * - RALPH_LOCK_TIMED_OUT
 * - RALPH_LOCK_CANCELLED: the token was triggered, before the wait or during it
 * - RALPH_LOCK_INTERRUPTED: a signal handler ran during the wait; with a timeout or a token, also one with
 *   SA_RESTART, signal(7)
 * - RALPH_LOCK_INVALID_ARGUMENT: as in ralph_lock_try_acquire(); also if the chosen lock file contains text that is
 *   not a lock file's, or the options' token belongs to the parent process
 * - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
 * - RALPH_LOCK_IO: as in ralph_lock_try_acquire()
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_PANIC
 */
RALPH_LOCK_MUST_USE
ralph_lock_status ralph_lock_acquire_with(const char *workspace_root,
                                          const char *prompt,
                                          const ralph_lock_options *options,
                                          ralph_lock_guard **guard,
                                          ralph_lock_metadata **holder,
                                          ralph_lock_error **error);

/**
 * Releases the lock and ends the guard. The record is blanked first, so that no process reads the name of a holder
 * that is gone. Any thread may release, whichever one acquired.
 *
 * In a child that was forked after the acquire only the child's copy ends: the lock stays with the parent. A forked
 * child that ends, or calls exec, without this call does not affect the lock either.
 *
 * `guard`: NULL is allowed and does nothing.
 *
 * If the program has closed the guard's descriptor and its number now means another file, that file is left alone. If
 * the lock was adopted, or the process has forked since, the record is blanked only if it is still the guard's own:
 * another copy of the descriptor may have unlocked the lock, and another process may have it.
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_LOST: the lock was lost before; the guard has ended
 * - RALPH_LOCK_INVALID_HANDLE: released already, or never a guard; nothing was done
 * - RALPH_LOCK_IO: the lock is released, but blanking the record or unlocking failed (`errno` has the error), so the
 *   next holder finds this one's record
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_release(ralph_lock_guard *guard);

/**
 * The path of the lock file that the guard holds: the workspace root as given, and RALPH_LOCK_FILE or the file that
 * the options named. NULL for NULL and for a released guard. Borrowed until ralph_lock_release().
 */
const char *ralph_lock_guard_path(const ralph_lock_guard *guard);

/**
 * Checks that the lock is still the workspace's. Call it before work is committed. It is lost when the lock file was
 * removed or replaced, as by `rm -rf .ralph`, `git clean -fdx` or a checkout of a branch that tracks it; when the root
 * was removed or, for an absolute root, is no longer at its path; or when the program has closed the guard's
 * descriptors.
 *
 * While the guard holds the root, no other process of this library can take the workspace, but a program that knows
 * only the file can. ralph_lock_guard_restore() puts the file back.
 *
 * If the lock was adopted, or the process has forked since, it also checks that no copy of the descriptor has unlocked
 * the lock.
 *
 * On a file system that may be shared with other machines it also checks that the lock is still held there, with the
 * guard's own record: a server that restarted, or lost its connection to this machine, may have dropped it. There the
 * answer "lost" can take 3 s, and other machines' latest changes can be seen a second late. While the server does not
 * answer, the call takes as long as the file system waits for it.
 *
 * `guard`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK: it is the workspace's
 * - RALPH_LOCK_LOST: it is not; release the guard
 * - RALPH_LOCK_INVALID_ARGUMENT: also in a process that was forked after the acquire: its parent has the lock
 * - RALPH_LOCK_INVALID_HANDLE
 * - RALPH_LOCK_IO: the path cannot be examined; on a distributed file system also ENOTCONN (the server or the client
 *   has ended) or ESHUTDOWN (the server has evicted this client and may have given the lock to another process)
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_guard_verify(const ralph_lock_guard *guard,
                                          ralph_lock_error **error);

/**
 * Puts the lock file back after it was removed or replaced: creates a new one, or opens the one at the path, locks it
 * and writes the guard's record. The guard then holds that file. Call it when removals have ended: a file that appears
 * during an `rm -rf` makes that fail.
 *
 * `guard`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `holder` receives the holder of the new file on
 * RALPH_LOCK_ALREADY_LOCKED, else NULL. The caller frees it with ralph_lock_metadata_free(). May be NULL. `error` as
 * in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK: the lock file is in place, also if it was never gone
 * - RALPH_LOCK_ALREADY_LOCKED: a program that knows only the file, such as ralph-core or flock(1), has locked
 *   the new file and held it for 50 ms; the guard has not changed
 * - RALPH_LOCK_LOST: the root is gone, another directory is at its path, or another process has locked it. A root is
 *   never created again
 * - RALPH_LOCK_INVALID_ARGUMENT: also in a process that was forked after the acquire, or if the chosen lock file
 *   contains text that is not a lock file's
 * - RALPH_LOCK_INVALID_HANDLE
 * - RALPH_LOCK_IO: a system call failed
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM: also if the file is replaced each time it is locked
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_guard_restore(const ralph_lock_guard *guard,
                                           ralph_lock_metadata **holder,
                                           ralph_lock_error **error);

/**
 * Returns the record that was in the lock file when the guard took the lock: that of a holder that died, or of a
 * program that leaves its record behind, like ralph-core. It says what that process was doing when it ended, and since
 * when.
 *
 * A running process has not died with this lock: for its record, copied with the directory or left behind by
 * execve(2), the answer is RALPH_LOCK_NOT_FOUND.
 *
 * `guard`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `metadata` receives a copy on RALPH_LOCK_OK, else NULL. The caller
 * frees it with ralph_lock_metadata_free(). Must not be NULL. `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_NOT_FOUND: the last holder released the lock or still runs, there was none, or the lock was adopted
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_INVALID_HANDLE
 * - RALPH_LOCK_IO: there is no memory for a copy (ENOMEM)
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_guard_previous(const ralph_lock_guard *guard,
                                            ralph_lock_metadata **metadata,
                                            ralph_lock_error **error);

/**
 * Finds the workspace that a directory belongs to: the nearest directory at or above it that contains `.git`, as a
 * directory or as the file of a worktree or a submodule. Each of these is a workspace of its own. A
 * `.ralph/loop.lock` nearer than that counts only while it is held. Without any `.git`, the nearest
 * `.ralph/loop.lock` counts. A `.ralph` directory alone does not.
 *
 * The search stops at a mount boundary, as git's does, and never returns a sticky directory such as /tmp, in which
 * every user may create a `.git`. It takes no lock; whether one is held it checks like ralph_lock_is_locked().
 *
 * `start`: an existing directory, "." for the current one.
 *
 * `buffer` receives an absolute path without symbolic links, terminated by NUL; a longer path is truncated. May be
 * NULL if `capacity` is 0, to ask for the length. `capacity`: the size of the buffer in bytes; PATH_MAX is enough for
 * nearly every path.
 *
 * `length` receives the length of the path without the NUL, also if it does not fit; 0 if none was found.
 * Must not be NULL. `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_NOT_FOUND: the directory belongs to no workspace
 * - RALPH_LOCK_INVALID_ARGUMENT: also if the capacity is not 0 and the path and its NUL do not fit
 * - RALPH_LOCK_IO: with ENOENT or ENOTDIR if `start` is not a directory, with EACCES if it is not accessible
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM: as in ralph_lock_is_locked()
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_find_root(const char *start,
                                       char *buffer,
                                       size_t capacity,
                                       size_t *length,
                                       ralph_lock_error **error);

/**
 * Reads the record in the workspace's lock file, without touching the lock. A record alone does not mean that the lock
 * is held: its process may have died, or be ralph-core, which leaves its record behind. ralph_lock_inspect() tells the
 * difference.
 *
 * `workspace_root`: a directory. `metadata` receives the record on RALPH_LOCK_OK, else NULL. The caller frees it
 * with ralph_lock_metadata_free(). Must not be NULL. `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_NOT_FOUND: there is no lock file, it is blank, it is larger than 18 MiB, or its text is not a record;
 *   the error's message says which
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_IO: also with ENOMEM if the record does not fit into memory
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_read_existing(const char *workspace_root,
                                           ralph_lock_metadata **metadata,
                                           ralph_lock_error **error);

/**
 * Tells whether a process holds the workspace's lock at this moment, the calling one included. The answer may be
 * outdated when the caller sees it: to act on it, acquire instead. A missing lock file is not locked.
 *
 * `workspace_root`: a directory. `locked` receives the answer on RALPH_LOCK_OK, else false. Must not be NULL.
 * `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_IO
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_is_locked(const char *workspace_root,
                                       bool *locked,
                                       ralph_lock_error **error);

/**
 * Returns one consistent answer: whether the workspace's lock is held, and the record that belongs to that answer. The
 * answer was true at one moment during the call, and may be outdated when the caller sees it.
 *
 * It takes up to 20 ms if the process that holds the lock has not written its record yet, or never writes one.
 *
 * `workspace_root`: a directory.
 *
 * `state` receives the answer on RALPH_LOCK_OK, else RALPH_LOCK_STATE_FREE. Must not be NULL.
 *
 * `metadata` receives the record on RALPH_LOCK_OK: the holder's with RALPH_LOCK_STATE_HELD (NULL if it left
 * none, as flock(1) does), the last holder's with RALPH_LOCK_STATE_STALE, else NULL. The caller frees it with
 * ralph_lock_metadata_free(). May be NULL. A dead process's record with RALPH_LOCK_STATE_HELD means that other
 * processes have inherited its descriptor: see ralph_lock_find_keepers().
 *
 * `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_IO: also with ENOMEM if the record does not fit into memory
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_inspect(const char *workspace_root,
                                     ralph_lock_state *state,
                                     ralph_lock_metadata **metadata,
                                     ralph_lock_error **error);

/**
 * As ralph_lock_inspect(), for the lock that the options name.
 *
 * `options`: NULL means the workspace's own lock. Of the options only the lock file is used. The other parameters and
 * the statuses are those of ralph_lock_inspect().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
 * - RALPH_LOCK_IO
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_inspect_with(const char *workspace_root,
                                          const ralph_lock_options *options,
                                          ralph_lock_state *state,
                                          ralph_lock_metadata **metadata,
                                          ralph_lock_error **error);

/**
 * Sends a signal to the process that holds the workspace's lock, and to no other. The process on record is opened
 * (pidfd_open(2)), compared again with the record, and signalled only if /proc/PID/fdinfo shows that it has the lock:
 * not after execve(2), not after it has handed the lock over, and not if another process reuses its process id. A
 * holder in a container can be signalled from outside, but not the other way round. The holder can still release the
 * lock in the instant before the signal arrives.
 *
 * `workspace_root`: a directory. `signal_number`: as in kill(2); 0 sends none and only checks whether one could
 * be sent. `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK: it was sent
 * - RALPH_LOCK_NOT_FOUND: no process holds the lock
 * - RALPH_LOCK_PARSE: the lock is held, but there is no record of the holder
 * - RALPH_LOCK_NOT_LIVE: the lock is held, but the process on record is not provably the holder: it has ended, it does
 *   not have the lock, another process reuses its process id, it belongs to another host or boot or to a pid
 *   namespace that is not visible from here, or its record has no identity. The error's message says which.
 * - RALPH_LOCK_INVALID_ARGUMENT: NULL, or not a signal number
 * - RALPH_LOCK_IO: with EPERM if the caller may not signal the process, with EACCES if it may not see the process's
 *   descriptors (proc_pid_fdinfo(5))
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM: there is no pidfd (Linux before 5.3, other systems)
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_signal_holder(const char *workspace_root,
                                           int32_t signal_number,
                                           ralph_lock_error **error);

/**
 * As ralph_lock_signal_holder(), for the lock that the options name.
 *
 * `options`: NULL means the workspace's own lock. Of the options only the lock file is used. The other parameters
 * and the statuses are those of ralph_lock_signal_holder().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_NOT_FOUND
 * - RALPH_LOCK_PARSE
 * - RALPH_LOCK_NOT_LIVE
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
 * - RALPH_LOCK_IO
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_signal_holder_with(const char *workspace_root,
                                                const ralph_lock_options *options,
                                                int32_t signal_number,
                                                ralph_lock_error **error);

/**
 * Finds the processes that keep the workspace's lock: the holder, or those that inherited its descriptor, like a
 * server started under the lock. Those in containers are found from outside, by their process ids here. Processes of
 * other users, and of pid namespaces that the caller cannot see, are missing.
 *
 * macOS and FreeBSD do not say which descriptor has a lock. While the lock is held, the call finds the processes with
 * a descriptor that has had the lock (macOS) or has asked for it, as a wait does (FreeBSD).
 *
 * It reads every descriptor of every thread in /proc, which takes milliseconds, or tenths of a second on a busy
 * machine. It touches only the lock's file, so a file system that has stopped answering cannot delay it.
 *
 * `workspace_root`: a directory. `pids` receives the first `capacity` process ids. May be NULL if `capacity` is 0.
 * `count` receives the number of all of them on RALPH_LOCK_OK, also if it exceeds the capacity, else 0. Must not be
 * NULL. `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_IO
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM: there is no /proc (Linux), or it shows another pid namespace; NetBSD, OpenBSD
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_find_keepers(const char *workspace_root,
                                          uint32_t *pids,
                                          size_t capacity,
                                          size_t *count,
                                          ralph_lock_error **error);

/**
 * As ralph_lock_find_keepers(), for the lock that the options name.
 *
 * `options`: NULL means the workspace's own lock. Of the options only the lock file is used. The other parameters
 * and the statuses are those of ralph_lock_find_keepers().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
 * - RALPH_LOCK_IO
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_find_keepers_with(const char *workspace_root,
                                               const ralph_lock_options *options,
                                               uint32_t *pids,
                                               size_t capacity,
                                               size_t *count,
                                               ralph_lock_error **error);

/**
 * Determines what a lock is worth on the workspace's file system, before a program relies on it: whether two processes
 * exclude each other there at all, and whether they would from two machines.
 *
 * The first is tried with two descriptors of a scratch file in `.ralph`, or in the root if there is no `.ralph`. The
 * lock file is not touched. The second cannot be tried from one machine. It follows from the file system's type,
 * statfs(2), proc_pid_mountinfo(5):
 *
 * - RALPH_LOCK_FILESYSTEM_LOCAL: ext4, XFS, Btrfs, tmpfs, overlayfs and others of one machine
 * - RALPH_LOCK_FILESYSTEM_DISTRIBUTED: GlusterFS, CephFS, NFS
 * - RALPH_LOCK_FILESYSTEM_NO_LOCKS: MooseFS, which grants the same lock to two processes; sshfs, mergerfs,
 *   gocryptfs, unionfs-fuse and VirtioFS, where a second mount does; NFS mounted with `nolock` or `local_lock`;
 *   every file system that refuses locks or grants two in the trial
 * - RALPH_LOCK_FILESYSTEM_UNKNOWN: all others, and bindfs, whose mounts name no type
 *
 * The scratch file has no name where the file system supports O_TMPFILE, else a name for an instant: nothing is
 * left behind except by a crash at that instant.
 *
 * `workspace_root`: a directory. `verdict` receives the answer on RALPH_LOCK_OK, else
 * RALPH_LOCK_FILESYSTEM_UNKNOWN. Must not be NULL. A later version may add values: treat unknown ones as
 * RALPH_LOCK_FILESYSTEM_UNKNOWN. `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_IO: there is no such directory, or no file can be created in it, for instance with EACCES, EROFS or
 *   ENOSPC; the lock cannot be taken there either
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM: it does not support creating files
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_probe_filesystem(const char *workspace_root,
                                              ralph_lock_filesystem *verdict,
                                              ralph_lock_error **error);

/**
 * Turns a guard into a descriptor, for a child process that continues with the lock. The guard ends, and the lock does
 * not: it is held while any copy of the descriptor is open, in any process, and the record still names this process.
 * The descriptor stays open across exec; it can also be sent over a Unix socket (SCM_RIGHTS, unix(7)). The receiver
 * calls ralph_lock_adopt_fd(). This process can call it too, to take the lock back.
 *
 * This call unlocks the root, and the adopter locks it again: in between only the lock file protects the workspace.
 * Remove nothing from `.ralph` meanwhile.
 *
 * The caller owns the descriptor. Close it once the child has it: while it is open here, the lock is not free when the
 * child dies.
 *
 * `guard`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `fd` receives the descriptor on RALPH_LOCK_OK, else -1. Must not
 * be NULL. `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK: the guard has ended; every other status leaves it unchanged
 * - RALPH_LOCK_LOST: the guard's descriptors were closed
 * - RALPH_LOCK_INVALID_ARGUMENT: also if the guard belongs to the parent process
 * - RALPH_LOCK_INVALID_HANDLE: released already, or never a guard
 * - RALPH_LOCK_IO: there is no descriptor left (EMFILE)
 * - RALPH_LOCK_PANIC
 */
RALPH_LOCK_MUST_USE
ralph_lock_status ralph_lock_guard_into_fd(ralph_lock_guard *guard,
                                           int32_t *fd,
                                           ralph_lock_error **error);

/**
 * Makes a guard of a descriptor from ralph_lock_guard_into_fd(), here or in another process, and makes this process
 * the holder on record. The lock is never free in between, and the process that held it before may end. It also adopts
 * a shell's lock: `exec 9<>.ralph/loop.lock; flock 9`. With a descriptor that has no lock it takes the lock, if that
 * is free.
 *
 * To the kernel all copies of a descriptor are one: adopt only one of them. A shared lock on the descriptor (flock -s)
 * is converted, which is not atomic, flock(2): if another process gets the lock in that instant, the shared lock is
 * lost and the call is refused.
 *
 * The parameters are those of ralph_lock_acquire_with(); of the options only the lock file is used. `fd` is a
 * descriptor of the lock file, open for reading and writing, without O_APPEND. On RALPH_LOCK_OK it belongs to the
 * guard and is closed; otherwise it stays the caller's, with the exclusive lock that it had or that the call has
 * taken: close it to give that up.
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_ALREADY_LOCKED: another process holds the lock, through another descriptor
 * - RALPH_LOCK_LOST: the lock file was removed from the workspace, or another process holds the workspace
 * - RALPH_LOCK_INVALID_ARGUMENT: also if the descriptor is not open, not for reading and writing, or of another
 *   file, or if the chosen lock file contains text that is not a lock file's
 * - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
 * - RALPH_LOCK_IO
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM
 * - RALPH_LOCK_PANIC
 */
RALPH_LOCK_MUST_USE
ralph_lock_status ralph_lock_adopt_fd(const char *workspace_root,
                                      const char *prompt,
                                      const ralph_lock_options *options,
                                      int32_t fd,
                                      ralph_lock_guard **guard,
                                      ralph_lock_error **error);

/**
 * Makes options with the defaults: wait without limit, for the workspace's own lock. (Passing NULL for options means
 * something else: try once.) Returns NULL if the process has a million objects that were not freed, or 65,000 on a
 * 32-bit system.
 */
ralph_lock_options *ralph_lock_options_new(void);

/**
 * Sets the timeout in milliseconds, by CLOCK_MONOTONIC. 0 tries once. UINT64_MAX waits without limit, as new options
 * do.
 *
 * `options`: NULL is RALPH_LOCK_INVALID_ARGUMENT.
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_INVALID_HANDLE
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_options_set_timeout_ms(ralph_lock_options *options,
                                                    uint64_t timeout_ms);

/**
 * Sets a token that ends the wait. The options keep the token: the caller may free its own handle at any time.
 *
 * `options`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `cancel`: NULL removes the token from the options.
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_INVALID_HANDLE: `options` or `cancel` is not a live handle; the options do not change
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_options_set_cancel(ralph_lock_options *options,
                                                const ralph_lock_cancel *cancel);

/**
 * Chooses another file of the workspace as the lock file, instead of RALPH_LOCK_FILE.
 *
 * Use the file only for locking: its text is replaced. The functions that take the lock refuse a file that is neither
 * blank, nor a holder's record, nor the beginning of a record that this library writes, with
 * RALPH_LOCK_INVALID_ARGUMENT, and leave it untouched. A file that is RALPH_LOCK_FILE under another name is the
 * workspace's own lock.
 *
 * `options`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `lock_file`: a path below the workspace root, for instance
 * "build/deploy.lock", whose missing directories are created. It is copied. Absolute paths, "..", directories and
 * ".ralph" itself are refused. NULL selects RALPH_LOCK_FILE again.
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT: `options` is NULL, or the path is refused; the options do not change
 * - RALPH_LOCK_INVALID_HANDLE
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_options_set_lock_file(ralph_lock_options *options,
                                                   const char *lock_file);

/**
 * Frees options; waits that began with them continue. NULL and freed options are left alone.
 */
void ralph_lock_options_free(ralph_lock_options *options);

/**
 * Makes a token.
 *
 * `cancel` receives the token on RALPH_LOCK_OK, else NULL. The caller frees it with ralph_lock_cancel_free(). Must not
 * be NULL. `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_IO: there is no descriptor left (EMFILE, ENFILE, ENOMEM)
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_cancel_new(ralph_lock_cancel **cancel,
                                        ralph_lock_error **error);

/**
 * Ends every wait that has the token with RALPH_LOCK_CANCELLED: those in progress at once, later ones as they begin. A
 * second call does nothing. It takes no lock and allocates nothing.
 *
 * `cancel`: NULL is RALPH_LOCK_INVALID_ARGUMENT.
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT
 * - RALPH_LOCK_INVALID_HANDLE: freed, never a token, or a token of the parent process
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_cancel_trigger(ralph_lock_cancel *cancel);

/**
 * Frees a token. Waits and options that have the token keep it, but it can no longer be triggered. NULL and a freed
 * token are left alone.
 */
void ralph_lock_cancel_free(ralph_lock_cancel *cancel);

/**
 * Begins a wait for an event loop. It tries nothing yet: call ralph_lock_waiter_step() once before the first poll, or
 * poll at once, because the descriptor is readable for that first step.
 *
 * The parameters are those of ralph_lock_acquire_with(), except that NULL for `options` waits without limit. The
 * timeout starts here.
 *
 * `waiter` receives the wait on RALPH_LOCK_OK, else NULL. The caller frees it with ralph_lock_waiter_free(). Must
 * not be NULL. `error` as in ralph_lock_try_acquire().
 *
 * - RALPH_LOCK_OK
 * - RALPH_LOCK_INVALID_ARGUMENT: also if the options' token belongs to the parent process
 * - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
 * - RALPH_LOCK_IO: there is no such root (ENOENT), or no descriptor left (EMFILE, ENFILE, ENOMEM)
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM: the system has no events that a descriptor can wait for
 * - RALPH_LOCK_PANIC
 */
ralph_lock_status ralph_lock_waiter_new(const char *workspace_root,
                                        const char *prompt,
                                        const ralph_lock_options *options,
                                        ralph_lock_waiter **waiter,
                                        ralph_lock_error **error);

/**
 * The descriptor to poll for reading; it is readable when a step is worthwhile. It stays the same until
 * ralph_lock_waiter_free(), which closes it: remove it from the event loop before. -1 for NULL and freed waiters. It
 * is an epoll(7) set or, on macOS and FreeBSD, a kqueue(2). Watch a kqueue with EVFILT_READ or poll(2), and register
 * nothing in it; a forked child does not inherit it.
 */
int32_t ralph_lock_waiter_fd(const ralph_lock_waiter *waiter);

/**
 * Takes the lock if it is free, and does not wait for it. Only a file system whose server does not answer delays this.
 *
 * `waiter`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `guard`, `holder` and `error` as in ralph_lock_try_acquire();
 * `holder` receives the last known holder on RALPH_LOCK_TIMED_OUT and RALPH_LOCK_CANCELLED too.
 *
 * After any status but RALPH_LOCK_ALREADY_LOCKED the wait is over, and the waiter can only be freed. A call that is
 * refused because of its arguments does not end the wait.
 *
 * - RALPH_LOCK_OK: the caller holds the lock
 * - RALPH_LOCK_ALREADY_LOCKED: not yet, poll again
 * - RALPH_LOCK_TIMED_OUT
 * - RALPH_LOCK_CANCELLED
 * - RALPH_LOCK_INVALID_ARGUMENT: a required argument is NULL, another thread is in this function with the same waiter,
 *   its wait is over, or the chosen lock file contains text that is not a lock file's
 * - RALPH_LOCK_INVALID_HANDLE: freed, never a waiter, or a waiter of the parent process
 * - RALPH_LOCK_IO: as in ralph_lock_try_acquire()
 * - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
 * - RALPH_LOCK_UNSUPPORTED_PLATFORM: the system has no timers with a descriptor
 * - RALPH_LOCK_PANIC
 */
RALPH_LOCK_MUST_USE
ralph_lock_status ralph_lock_waiter_step(ralph_lock_waiter *waiter,
                                         ralph_lock_guard **guard,
                                         ralph_lock_metadata **holder,
                                         ralph_lock_error **error);

/**
 * Ends a wait and closes its descriptor; the next wait in line goes on. The lock file does not change. NULL and a
 * freed waiter are left alone.
 */
void ralph_lock_waiter_free(ralph_lock_waiter *waiter);

/**
 * The process id of the holder in the holder's own pid namespace: in another namespace it means another process, or
 * none. 0 for NULL and freed metadata.
 */
uint32_t ralph_lock_metadata_pid(const ralph_lock_metadata *metadata);

/**
 * The process id of the holder in the caller's pid namespace, for kill(2), ps(1) and the like. For a holder in a
 * container it differs from ralph_lock_metadata_pid(): it is that of the process which the kernel listed as the owner
 * of the lock when the metadata was made, and which the record identifies.
 *
 * 0 if the holder is not known to be visible there: it runs on another host or in a pid namespace that the caller
 * cannot see, it has ended, or its record has no identity. 0 for NULL and freed metadata.
 */
uint32_t ralph_lock_metadata_local_pid(const ralph_lock_metadata *metadata);

/**
 * When the holder took the lock, by the holder's clock, in nanoseconds since 1970-01-01 00:00 UTC. A time out of range
 * (before 1677 or after 2262) gives INT64_MIN or INT64_MAX. 0 for NULL and freed metadata.
 */
int64_t ralph_lock_metadata_started_unix_ns(const ralph_lock_metadata *metadata);

/**
 * When the holder took the lock, as text in UTC, for instance "2026-11-22T16:00:00.123456789Z" (RFC 3339). NULL for
 * NULL and freed metadata. Borrowed until ralph_lock_metadata_free().
 */
const char *ralph_lock_metadata_started_rfc3339(const ralph_lock_metadata *metadata);

/**
 * What the holder is doing, in its own words: UTF-8 of any length, possibly with line breaks. A NUL inside it, which
 * no C program can have written, appears as U+FFFD. NULL for NULL and freed metadata. Borrowed until
 * ralph_lock_metadata_free().
 */
const char *ralph_lock_metadata_prompt(const ralph_lock_metadata *metadata);

/**
 * The name of the machine or container on which the holder runs; NULL if the record has none (ralph-core writes none),
 * and for NULL and freed metadata. Borrowed until ralph_lock_metadata_free().
 */
const char *ralph_lock_metadata_host(const ralph_lock_metadata *metadata);

/**
 * The holder in one line of UTF-8, safe to print at a terminal: the process id, the host if it is not this one, since
 * when, and the prompt, for instance "process 4711 since 2026-11-22T16:00:00Z: implement auth". Control,
 * bidirectional, zero-width and other invisible characters are escaped, as in "\n" or "\u{202e}", and a long prompt is
 * cut after 200 characters.
 *
 * Never NULL: for NULL and freed metadata it says that the holder is unknown. Borrowed until
 * ralph_lock_metadata_free().
 */
const char *ralph_lock_metadata_summary(const ralph_lock_metadata *metadata);

/**
 * Whether the holder's process runs at the moment of this call, as far as that can be determined. The process is
 * identified by its process id, boot, pid namespace and start time (proc(5)), so that a process that reuses the id is
 * not taken for it. The host name decides only if the record has no boot id: a host can be renamed. Another user's
 * process counts as running.
 *
 * A holder in a container, that is, in another pid namespace of the same boot, is found among the owners of locks in
 * /proc/locks. From then on this metadata knows it, also after it has released the lock.
 *
 * Liveness says nothing about the lock: a forked child can keep a dead holder's lock, and a live process can have lost
 * its own, for instance by execve(2).
 *
 * - RALPH_LOCK_LIVENESS_UNKNOWN: also for NULL and freed metadata
 * - RALPH_LOCK_LIVENESS_LIVE
 * - RALPH_LOCK_LIVENESS_DEAD
 * - RALPH_LOCK_LIVENESS_RECYCLED
 * - RALPH_LOCK_LIVENESS_FOREIGN
 */
ralph_lock_liveness ralph_lock_metadata_liveness(const ralph_lock_metadata *metadata);

/**
 * The relation of the holder's process to the calling one. A child of the holder learns here that its ancestor runs
 * this loop, and can continue inside it instead of waiting for it. A process whose parent has ended has lost its
 * ancestors. A process in a container does not see ancestors outside it: they are RALPH_LOCK_RELATION_OTHER.
 *
 * - RALPH_LOCK_RELATION_UNKNOWN: the record has no identity, its start time is in the clock of another time
 *   namespace, or the caller's ancestors cannot be looked up. Also for NULL and freed metadata.
 * - RALPH_LOCK_RELATION_SELF
 * - RALPH_LOCK_RELATION_ANCESTOR
 * - RALPH_LOCK_RELATION_OTHER
 */
ralph_lock_relation ralph_lock_metadata_relation(const ralph_lock_metadata *metadata);

/**
 * Frees metadata and every string borrowed from it. NULL and freed metadata are left alone.
 */
void ralph_lock_metadata_free(ralph_lock_metadata *metadata);

/**
 * The status that the failed call returned. For NULL, which a successful call leaves, it is RALPH_LOCK_OK; for a freed
 * error RALPH_LOCK_INVALID_HANDLE.
 */
ralph_lock_status ralph_lock_error_status(const ralph_lock_error *error);

/**
 * The operating system's error number (an `errno` value) behind the failure, or 0 if there was none. 0 for NULL and
 * freed errors.
 */
int32_t ralph_lock_error_os_code(const ralph_lock_error *error);

/**
 * The failure in one line of UTF-8, safe to print at a terminal: it names the file and, if there is one, the remedy.
 * For RALPH_LOCK_ALREADY_LOCKED and RALPH_LOCK_TIMED_OUT it also says what the holder is doing. Never NULL: for NULL
 * and freed errors it is the message of their status. Borrowed until ralph_lock_error_free().
 */
const char *ralph_lock_error_message(const ralph_lock_error *error);

/**
 * The file that the failure is about, byte for byte; NULL if it is not about a file, and for NULL and freed errors.
 * Borrowed until ralph_lock_error_free().
 */
const char *ralph_lock_error_path(const ralph_lock_error *error);

/**
 * Frees an error and every string borrowed from it. NULL, a freed error, and the static object that a call returns
 * when it cannot make one are left alone.
 */
void ralph_lock_error_free(ralph_lock_error *error);

/**
 * The version of the running library, for instance "0.1.0"; the macro RALPH_LOCK_VERSION is the version that the
 * program was compiled with. Never NULL. The string is static and is not freed.
 */
const char *ralph_lock_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* RALPH_LOCK_H */

#ifndef RALPH_LOCK_STATUS_WIDTH
#define RALPH_LOCK_STATUS_WIDTH 32
/* A status has 32 bits in C and in Rust, whatever size the compiler gives enums. */
typedef char ralph_lock_status_is_32_bits_wide[sizeof(ralph_lock_status) == 4 ? 1 : -1];
#endif
