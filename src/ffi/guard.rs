//! Takes, verifies, restores and releases a lock.

use std::ffi::c_char;
use std::ptr;

use super::call::{Out, path, status, text};
use super::catch::value;
use super::error::ralph_lock_error;
use super::failure::Failure;
use super::handles::{find, hand_over_or_fail, look_up};
use super::metadata::ralph_lock_metadata;
use super::options::{self, ralph_lock_options};
use super::status::ralph_lock_status;
use crate::error::Fault;
use crate::lock::{self, LockGuard};
use crate::wait;

/// A held lock. A function that acquires returns it, and ralph_lock_release() ends it. It is a name that is looked up
/// at each use, never an address: a released guard, or any other value, gives RALPH_LOCK_INVALID_HANDLE.
#[allow(non_camel_case_types)]
pub struct ralph_lock_guard(pub(super) LockGuard);

pub(super) const NOT_LIVE: Failure = Failure::InvalidHandle("guard");

impl ralph_lock_guard {
    /// Returns the lock or its holder to C.
    pub(super) fn hand_out(
        result: Result<LockGuard, Fault>,
        guard: &Out<*mut ralph_lock_guard>,
        holder: &Out<*mut ralph_lock_metadata>,
    ) -> Result<(), Failure> {
        if let Some(found) = result.as_ref().err().and_then(|error| error.holder()).filter(|_| holder.is_wanted()) {
            // If there is no memory for it, the caller still learns that the lock is held.
            holder.set(ralph_lock_metadata::new(found).unwrap_or(ptr::null_mut()));
        }
        guard.set(ralph_lock_guard::new(result?)?);
        Ok(())
    }

    /// Ends the guard and releases the lock.
    fn release(guard: *const ralph_lock_guard) -> Result<(), Failure> {
        let entry = find("guard", guard)?;
        let given_up = entry.0.give_up().ok_or(NOT_LIVE)?;
        entry.retire();
        Ok(given_up?)
    }

    /// Makes a held lock into an object for C.
    pub(super) fn new(guard: LockGuard) -> Result<*mut ralph_lock_guard, Failure> {
        hand_over_or_fail(ralph_lock_guard(guard))
    }
}

/// Takes the workspace's lock now, or names the process that holds it. It does not wait for the lock to be released. It
/// waits up to 20 ms for a holder that is writing its record, and up to a second while only the short shared locks of
/// processes that ask whether it is locked prevent it.
///
/// `workspace_root`: an existing directory. `.ralph` and the lock file in it are created if missing.
///
/// `prompt`: what this process is going to do, for other processes to read. UTF-8, at most 16 MiB, and at most 18 MiB
/// as JSON, where a line break or a quote takes two bytes. Every user with read access to the file can read it: keep
/// secrets out.
///
/// `guard` receives the held lock on RALPH_LOCK_OK, else NULL. The caller ends it with ralph_lock_release(). Must
/// not be NULL.
///
/// `holder` receives the holder's record on RALPH_LOCK_ALREADY_LOCKED, else NULL. It is NULL too if the holder left no
/// record, as flock(1) does. The caller frees it with ralph_lock_metadata_free(). May be NULL.
///
/// `error` receives details of every status but RALPH_LOCK_OK, else NULL. The caller frees it with
/// ralph_lock_error_free(). May be NULL.
///
/// If RLIMIT_FSIZE (`ulimit -f`) is smaller than the record, writing it raises SIGXFSZ, setrlimit(2), which ends a
/// process that does not ignore or handle it; if it is ignored, the call fails with EFBIG.
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_ALREADY_LOCKED: another process holds it, or another guard of this one; also if the lock file may be
///   read but not written. `holder` is NULL if the workspace's directory is locked and the lock file is not: the
///   holder's file was removed, or a program such as flock(1) has locked the directory. The message says so
/// - RALPH_LOCK_INVALID_ARGUMENT: a required argument is NULL, the root is empty, the path too long, or the prompt too
///   long or not UTF-8
/// - RALPH_LOCK_IO: a system call failed, for instance with ENOENT (no such root), EACCES or EROFS (the lock is
///   free, and the file may not be written), ENOSPC, EMFILE, ENOLCK, EAGAIN (another process has a lease on the
///   lock file, fcntl(2)), or with ELOOP, EISDIR or EINVAL if a symbolic link, a directory or another object than a
///   regular file is in the lock file's place
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn ralph_lock_try_acquire(
    workspace_root: *const c_char,
    prompt: *const c_char,
    guard: *mut *mut ralph_lock_guard,
    holder: *mut *mut ralph_lock_metadata,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let guard = Out::new("guard", guard, ptr::null_mut());
    let holder = Out::new("holder", holder, ptr::null_mut());
    status(error, || {
        guard.required()?;
        let result = lock::try_acquire(path("workspace_root", &workspace_root)?, text("prompt", &prompt)?);
        ralph_lock_guard::hand_out(result, &guard, &holder)
    })
}

/// Takes the workspace's lock, waiting in the kernel's queue, flock(2), without limit.
///
/// It queues for the file that it opened, not for the path. If that file is removed while another process holds it, the
/// wait lasts until that process unlocks it, and then starts over at the path. Timed waits, ralph_lock_acquire_with(),
/// follow the path at once.
///
/// The parameters are those of ralph_lock_try_acquire(). It waits for a lock of the calling process too. A lock file
/// without write permission is RALPH_LOCK_IO at once.
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INTERRUPTED: a signal handler ran that was installed without SA_RESTART, sigaction(2). Call again to
///   wait again, at the end of the queue
/// - RALPH_LOCK_INVALID_ARGUMENT: as in ralph_lock_try_acquire()
/// - RALPH_LOCK_IO: as in ralph_lock_try_acquire()
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn ralph_lock_acquire_blocking(
    workspace_root: *const c_char,
    prompt: *const c_char,
    guard: *mut *mut ralph_lock_guard,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let guard = Out::new("guard", guard, ptr::null_mut());
    status(error, || {
        guard.required()?;
        let acquired = lock::acquire_blocking(path("workspace_root", &workspace_root)?, text("prompt", &prompt)?);
        guard.set(ralph_lock_guard::new(acquired?)?);
        Ok(())
    })
}

/// Takes the workspace's lock as the options say: waits with a timeout, until a token is triggered, or for another lock
/// file. It starts no thread, and does not poll where the kernel reports when the lock may be free (inotify(7) and
/// pidfd_open(2), or kqueue(2) on macOS and FreeBSD). The kernel reports nothing on network file systems, on some BSDs,
/// without a free inotify instance, and while another process has locked only the workspace's directory: there it looks
/// again after 1 to 50 ms. Up to 100 waits of a process share one inotify instance, of which a user has 128; later
/// waits reuse it. A wait that ends without the lock leaves nothing behind.
///
/// `options`: NULL tries once, like ralph_lock_try_acquire(); new options wait without limit. The other parameters are
/// those of ralph_lock_try_acquire(). `holder` receives the last known holder on RALPH_LOCK_TIMED_OUT and
/// RALPH_LOCK_CANCELLED too.
///
/// The timeout starts with the call: calling again after RALPH_LOCK_INTERRUPTED restarts it. To keep a deadline, set
/// the remaining time. While the server of a distributed file system does not answer, neither the timeout nor the token
/// ends the call.
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_ALREADY_LOCKED: with no options, or with a timeout of 0
/// - RALPH_LOCK_TIMED_OUT
/// - RALPH_LOCK_CANCELLED: the token was triggered, before the wait or during it
/// - RALPH_LOCK_INTERRUPTED: a signal handler ran during the wait; with a timeout or a token, also one with
///   SA_RESTART, signal(7)
/// - RALPH_LOCK_INVALID_ARGUMENT: as in ralph_lock_try_acquire(); also if the chosen lock file contains text that is
///   not a lock file's, or the options' token belongs to the parent process
/// - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
/// - RALPH_LOCK_IO: as in ralph_lock_try_acquire()
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn ralph_lock_acquire_with(
    workspace_root: *const c_char,
    prompt: *const c_char,
    options: *const ralph_lock_options,
    guard: *mut *mut ralph_lock_guard,
    holder: *mut *mut ralph_lock_metadata,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let guard = Out::new("guard", guard, ptr::null_mut());
    let holder = Out::new("holder", holder, ptr::null_mut());
    status(error, || {
        guard.required()?;
        let (root, prompt) = (path("workspace_root", &workspace_root)?, text("prompt", &prompt)?);
        let result = match options.is_null() {
            true => lock::try_acquire(root, prompt),
            false => wait::acquire_with(root, prompt, &options::chosen(options)?),
        };
        ralph_lock_guard::hand_out(result, &guard, &holder)
    })
}

/// Releases the lock and ends the guard. The record is blanked first, so that no process reads the name of a holder
/// that is gone. Any thread may release, whichever one acquired.
///
/// In a child that was forked after the acquire only the child's copy ends: the lock stays with the parent. A forked
/// child that ends, or calls exec, without this call does not affect the lock either.
///
/// `guard`: NULL is allowed and does nothing.
///
/// If the program has closed the guard's descriptor and its number now means another file, that file is left alone. If
/// the lock was adopted, or the process has forked since, the record is blanked only if it is still the guard's own:
/// another copy of the descriptor may have unlocked the lock, and another process may have it.
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_LOST: the lock was lost before; the guard has ended
/// - RALPH_LOCK_INVALID_HANDLE: released already, or never a guard; nothing was done
/// - RALPH_LOCK_IO: the lock is released, but blanking the record or unlocking failed (`errno` has the error), so the
///   next holder finds this one's record
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_release(guard: *mut ralph_lock_guard) -> ralph_lock_status {
    status(ptr::null_mut(), || {
        if guard.is_null() {
            return Ok(());
        }
        ralph_lock_guard::release(guard)
    })
}

/// The path of the lock file that the guard holds: the workspace root as given, and RALPH_LOCK_FILE or the file that
/// the options named. NULL for NULL and for a released guard. Borrowed until ralph_lock_release().
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_guard_path(guard: *const ralph_lock_guard) -> *const c_char {
    value(ptr::null(), || look_up(guard).map_or(ptr::null(), |entry| entry.0.path().as_ptr()))
}

/// Checks that the lock is still the workspace's. Call it before work is committed. It is lost when the lock file was
/// removed or replaced, as by `rm -rf .ralph`, `git clean -fdx` or a checkout of a branch that tracks it; when the root
/// was removed or, for an absolute root, is no longer at its path; or when the program has closed the guard's
/// descriptors.
///
/// While the guard holds the root, no other process of this library can take the workspace, but a program that knows
/// only the file can. ralph_lock_guard_restore() puts the file back.
///
/// If the lock was adopted, or the process has forked since, it also checks that no copy of the descriptor has unlocked
/// the lock.
///
/// On a file system that may be shared with other machines it also checks that the lock is still held there, with the
/// guard's own record: a server that restarted, or lost its connection to this machine, may have dropped it. There the
/// answer "lost" can take 3 s, and other machines' latest changes can be seen a second late. While the server does not
/// answer, the call takes as long as the file system waits for it.
///
/// `guard`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK: it is the workspace's
/// - RALPH_LOCK_LOST: it is not; release the guard
/// - RALPH_LOCK_INVALID_ARGUMENT: also in a process that was forked after the acquire: its parent has the lock
/// - RALPH_LOCK_INVALID_HANDLE
/// - RALPH_LOCK_IO: the path cannot be examined; on a distributed file system also ENOTCONN (the server or the client
///   has ended) or ESHUTDOWN (the server has evicted this client and may have given the lock to another process)
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_guard_verify(
    guard: *const ralph_lock_guard,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    status(error, || find("guard", guard)?.0.look()?.ok_or(NOT_LIVE))
}

/// Puts the lock file back after it was removed or replaced: creates a new one, or opens the one at the path, locks it
/// and writes the guard's record. The guard then holds that file. Call it when removals have ended: a file that appears
/// during an `rm -rf` makes that fail.
///
/// `guard`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `holder` receives the holder of the new file on
/// RALPH_LOCK_ALREADY_LOCKED, else NULL. The caller frees it with ralph_lock_metadata_free(). May be NULL. `error` as
/// in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK: the lock file is in place, also if it was never gone
/// - RALPH_LOCK_ALREADY_LOCKED: a program that knows only the file, such as ralph-core or flock(1), has locked
///   the new file and held it for 50 ms; the guard has not changed
/// - RALPH_LOCK_LOST: the root is gone, another directory is at its path, or another process has locked it. A root is
///   never created again
/// - RALPH_LOCK_INVALID_ARGUMENT: also in a process that was forked after the acquire, or if the chosen lock file
///   contains text that is not a lock file's
/// - RALPH_LOCK_INVALID_HANDLE
/// - RALPH_LOCK_IO: a system call failed
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM: also if the file is replaced each time it is locked
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_guard_restore(
    guard: *const ralph_lock_guard,
    holder: *mut *mut ralph_lock_metadata,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let holder = Out::new("holder", holder, ptr::null_mut());
    status(error, || {
        let restored = find("guard", guard)?.0.put_back();
        if let Some(found) = restored.as_ref().err().and_then(|error| error.holder()).filter(|_| holder.is_wanted()) {
            holder.set(ralph_lock_metadata::new(found)?);
        }
        restored?.ok_or(NOT_LIVE)
    })
}

/// Returns the record that was in the lock file when the guard took the lock: that of a holder that died, or of a
/// program that leaves its record behind, like ralph-core. It says what that process was doing when it ended, and since
/// when.
///
/// A running process has not died with this lock: for its record, copied with the directory or left behind by
/// execve(2), the answer is RALPH_LOCK_NOT_FOUND.
///
/// `guard`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `metadata` receives a copy on RALPH_LOCK_OK, else NULL. The caller
/// frees it with ralph_lock_metadata_free(). Must not be NULL. `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_NOT_FOUND: the last holder released the lock or still runs, there was none, or the lock was adopted
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_INVALID_HANDLE
/// - RALPH_LOCK_IO: there is no memory for a copy (ENOMEM)
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_guard_previous(
    guard: *const ralph_lock_guard,
    metadata: *mut *mut ralph_lock_metadata,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let metadata = Out::new("metadata", metadata, ptr::null_mut());
    status(error, || {
        metadata.required()?;
        let entry = find("guard", guard)?;
        let previous = entry.0.previous().ok_or_else(|| entry.0.no_previous())?;
        metadata.set(ralph_lock_metadata::new(previous)?);
        Ok(())
    })
}
