//! Asking about a workspace, and reaching whoever works in it.

use std::ffi::c_char;
use std::ptr;

use super::boundary::{Out, OutSlice, path, status};
use super::error::ralph_lock_error;
use super::metadata::ralph_lock_metadata;
use super::status::ralph_lock_status;
use crate::lock::{self, Inspection};
use crate::ops;
use crate::sys::filesystem::Filesystem;

/// Whether a lock is held, and what its file says.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(non_camel_case_types, clippy::upper_case_acronyms)]
pub enum ralph_lock_state {
    /// Nobody holds the lock.
    RALPH_LOCK_STATE_FREE = 0,
    /// Somebody holds it.
    RALPH_LOCK_STATE_HELD = 1,
    /// Nobody holds it, but the record of the last holder is still there: it died, or was of a program
    /// that never takes its record out, like ralph-core.
    RALPH_LOCK_STATE_STALE = 2,
}

/// What a lock is worth on a file system.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(non_camel_case_types, clippy::upper_case_acronyms)]
pub enum ralph_lock_filesystem {
    /// Locks hold among all who use this mount. Whether they hold beyond it, nobody can tell from here.
    RALPH_LOCK_FILESYSTEM_UNKNOWN = 0,
    /// It is this machine's own, and locks hold among all its processes.
    RALPH_LOCK_FILESYSTEM_LOCAL = 1,
    /// Other machines may use it too, and it takes their locks and ours to one place: GlusterFS, CephFS, NFS.
    RALPH_LOCK_FILESYSTEM_DISTRIBUTED = 2,
    /// It refuses locks, or two can have an exclusive one at a time: here, or through another mount, as with
    /// sshfs, VirtioFS, or NFS mounted with `nolock` or `local_lock`.
    RALPH_LOCK_FILESYSTEM_NO_LOCKS = 3,
}

use ralph_lock_filesystem::*;
use ralph_lock_state::*;

/// Reads who is on record in the workspace's lock file, without touching the lock. A record alone
/// does not say that the lock is held: its holder may have died, or be ralph-core, which leaves its
/// record behind; ralph_lock_is_locked() tells.
///
/// `workspace_root`: a directory. `metadata` receives the record on RALPH_LOCK_OK, else NULL; the
/// caller frees it with ralph_lock_metadata_free(); must not be NULL. `error` as in
/// ralph_lock_try_acquire().
///
/// RALPH_LOCK_OK; RALPH_LOCK_NOT_FOUND: there is no lock file, it is blank, or what it says is no
/// record (or larger than 18 MiB): the error object explains which; RALPH_LOCK_INVALID_ARGUMENT;
/// RALPH_LOCK_IO; RALPH_LOCK_UNSUPPORTED_PLATFORM; RALPH_LOCK_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_read_existing(
    workspace_root: *const c_char,
    metadata: *mut *mut ralph_lock_metadata,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let metadata = Out::new("metadata", metadata, ptr::null_mut());
    status(error, || {
        metadata.required()?;
        let holder = lock::on_record(path("workspace_root", &workspace_root)?)?;
        metadata.set(ralph_lock_metadata::new(&holder));
        Ok(())
    })
}

/// Tells whether somebody holds the workspace's lock at this moment, this process included. By the
/// time the caller looks at the answer it may be over: to act on it, acquire instead. A missing lock
/// file is not locked.
///
/// `workspace_root`: a directory. `locked` receives the answer on RALPH_LOCK_OK, else false; must
/// not be NULL. `error` as in ralph_lock_try_acquire().
///
/// RALPH_LOCK_OK; RALPH_LOCK_INVALID_ARGUMENT; RALPH_LOCK_IO; RALPH_LOCK_UNSUPPORTED_FILESYSTEM;
/// RALPH_LOCK_UNSUPPORTED_PLATFORM; RALPH_LOCK_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_is_locked(
    workspace_root: *const c_char,
    locked: *mut bool,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let locked = Out::new("locked", locked, false);
    status(error, || {
        locked.required()?;
        locked.set(lock::is_locked(path("workspace_root", &workspace_root)?)?);
        Ok(())
    })
}

/// One consistent answer: whether the workspace's lock is held, and the record that belongs to that
/// answer. It was true at one moment during the call; by the time the caller looks at it, it may be over.
///
/// It takes up to 20 ms when somebody has the lock who is not on record yet, or never will be.
///
/// `workspace_root`: a directory. `state` receives the answer on RALPH_LOCK_OK, else RALPH_LOCK_STATE_FREE;
/// must not be NULL. `metadata` receives the record on RALPH_LOCK_OK: of the holder when it is
/// RALPH_LOCK_STATE_HELD (NULL when the holder left none, as flock(1) does), of the last one when it is
/// RALPH_LOCK_STATE_STALE, else NULL; the caller frees it with ralph_lock_metadata_free(); may be NULL. A dead
/// holder's record with RALPH_LOCK_STATE_HELD means that other processes have inherited its descriptor:
/// ralph_lock_find_keepers(). `error` as in ralph_lock_try_acquire().
///
/// RALPH_LOCK_OK; RALPH_LOCK_INVALID_ARGUMENT; RALPH_LOCK_IO; RALPH_LOCK_UNSUPPORTED_FILESYSTEM;
/// RALPH_LOCK_UNSUPPORTED_PLATFORM; RALPH_LOCK_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_inspect(
    workspace_root: *const c_char,
    state: *mut ralph_lock_state,
    metadata: *mut *mut ralph_lock_metadata,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let state = Out::new("state", state, RALPH_LOCK_STATE_FREE);
    let metadata = Out::new("metadata", metadata, ptr::null_mut());
    status(error, || {
        state.required()?;
        let (found, record) = match lock::inspect_workspace(path("workspace_root", &workspace_root)?)? {
            Inspection::Free => (RALPH_LOCK_STATE_FREE, None),
            Inspection::Held(holder) => (RALPH_LOCK_STATE_HELD, holder),
            Inspection::Stale(holder) => (RALPH_LOCK_STATE_STALE, Some(holder)),
        };
        state.set(found);
        if let Some(record) = record.filter(|_| metadata.is_wanted()) {
            metadata.set(ralph_lock_metadata::new(&record));
        }
        Ok(())
    })
}

/// Sends a signal to the process that holds the workspace's lock, and to no other: not to one that has the
/// number of a holder that died, nor to a holder of another machine or container. It is found by its record,
/// opened (pidfd_open(2)), and compared again with the record and the lock before it is signalled. It may
/// still let go of the lock in the instant before the signal arrives.
///
/// `workspace_root`: a directory. `signal_number`: as in kill(2); 0 sends none, and tells whether one could
/// be sent. `error` as in ralph_lock_try_acquire().
///
/// RALPH_LOCK_OK: it was sent; RALPH_LOCK_NOT_FOUND: nobody holds the lock; RALPH_LOCK_PARSE: it is held, but
/// there is no record of the holder; RALPH_LOCK_NOT_LIVE: it is held, but the process on record is not
/// provably the one that holds it: it has ended, its number is another process's now, it belongs to
/// another host, boot or pid namespace, or its record has no identity; the error's message says which;
/// RALPH_LOCK_INVALID_ARGUMENT: NULL, or no signal; RALPH_LOCK_IO: with EPERM for another user's process;
/// RALPH_LOCK_UNSUPPORTED_PLATFORM: there is no pidfd (Linux before 5.3, other systems);
/// RALPH_LOCK_UNSUPPORTED_FILESYSTEM; RALPH_LOCK_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_signal_holder(
    workspace_root: *const c_char,
    signal_number: i32,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    status(error, || Ok(ops::signal_holder(path("workspace_root", &workspace_root)?, signal_number)?))
}

/// Finds the processes that keep the workspace's lock: the holder, or those that inherited its descriptor,
/// like a server that was started under the lock. Best effort: other users' processes and those of other pid
/// namespaces are not seen. It looks at every descriptor of every process in /proc, which takes
/// milliseconds, or tenths of a second on a busy machine.
///
/// `workspace_root`: a directory. `pids` receives the first `capacity` process ids; may be NULL if that is 0.
/// `count` receives how many there are on RALPH_LOCK_OK, also beyond the capacity, else 0; must not be NULL.
/// `error` as in ralph_lock_try_acquire().
///
/// RALPH_LOCK_OK; RALPH_LOCK_INVALID_ARGUMENT; RALPH_LOCK_IO; RALPH_LOCK_UNSUPPORTED_PLATFORM: there is no
/// /proc, or it is another pid namespace's; RALPH_LOCK_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_find_keepers(
    workspace_root: *const c_char,
    pids: *mut u32,
    capacity: usize,
    count: *mut usize,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let count = Out::new("count", count, 0);
    let pids = OutSlice::new("pids", pids, capacity);
    status(error, || {
        count.required()?;
        pids.required()?;
        let found = ops::find_keepers(path("workspace_root", &workspace_root)?)?;
        pids.fill(&found);
        count.set(found.len());
        Ok(())
    })
}

/// Finds out what a lock is worth on the workspace's file system, before a program relies on it: whether two
/// exclude each other on it at all, and whether they would do so from two machines.
///
/// The first is tried, with two descriptors of a scratch file in `.ralph`, or in the root if there is no
/// `.ralph`; the lock file is not touched. The second cannot be tried from one machine: it is known of some
/// file systems by their kind, statfs(2), proc_pid_mountinfo(5). The scratch file has no name where the file
/// system can do that, O_TMPFILE, else a name for an instant: nothing is left behind but by a crash at that
/// instant.
///
/// `workspace_root`: a directory. `verdict` receives the answer on RALPH_LOCK_OK, else
/// RALPH_LOCK_FILESYSTEM_UNKNOWN; must not be NULL. A later version may add values: take those that you do not
/// know for RALPH_LOCK_FILESYSTEM_UNKNOWN. `error` as in ralph_lock_try_acquire().
///
/// RALPH_LOCK_OK; RALPH_LOCK_INVALID_ARGUMENT; RALPH_LOCK_IO: there is no such directory, or nothing can be
/// tried in it, for instance with EACCES, EROFS or ENOSPC: then the lock cannot be taken there either;
/// RALPH_LOCK_UNSUPPORTED_FILESYSTEM: no file can be made on it; RALPH_LOCK_UNSUPPORTED_PLATFORM;
/// RALPH_LOCK_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_probe_filesystem(
    workspace_root: *const c_char,
    verdict: *mut ralph_lock_filesystem,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let verdict = Out::new("verdict", verdict, RALPH_LOCK_FILESYSTEM_UNKNOWN);
    status(error, || {
        verdict.required()?;
        verdict.set(match ops::probe_filesystem(path("workspace_root", &workspace_root)?)? {
            Filesystem::Unknown => RALPH_LOCK_FILESYSTEM_UNKNOWN,
            Filesystem::Local => RALPH_LOCK_FILESYSTEM_LOCAL,
            Filesystem::Distributed => RALPH_LOCK_FILESYSTEM_DISTRIBUTED,
            Filesystem::NoLocks => RALPH_LOCK_FILESYSTEM_NO_LOCKS,
        });
        Ok(())
    })
}

#[cfg(all(test, not(unix)))]
mod tests {
    use super::super::guard::{ralph_lock_acquire_blocking, ralph_lock_acquire_with, ralph_lock_try_acquire};
    use super::super::handover::ralph_lock_adopt_fd;
    use super::super::waiter::ralph_lock_waiter_new;
    use super::*;

    #[test]
    fn without_flock_every_call_says_so() {
        let (root, prompt, nothing) = (c".".as_ptr(), c"prompt".as_ptr(), ptr::null_mut());
        let (mut guard, mut metadata, mut locked) = (ptr::null_mut(), ptr::null_mut(), true);
        let (mut waiter, mut state, mut count) = (ptr::null_mut(), RALPH_LOCK_STATE_HELD, 1);
        let mut verdict = RALPH_LOCK_FILESYSTEM_LOCAL;
        for got in [
            ralph_lock_try_acquire(root, prompt, &mut guard, ptr::null_mut(), nothing),
            ralph_lock_acquire_blocking(root, prompt, &mut guard, nothing),
            ralph_lock_acquire_with(root, prompt, ptr::null(), &mut guard, ptr::null_mut(), nothing),
            ralph_lock_waiter_new(root, prompt, ptr::null(), &mut waiter, nothing),
            ralph_lock_read_existing(root, &mut metadata, nothing),
            ralph_lock_is_locked(root, &mut locked, nothing),
            ralph_lock_inspect(root, &mut state, &mut metadata, nothing),
            ralph_lock_signal_holder(root, 0, nothing),
            ralph_lock_find_keepers(root, ptr::null_mut(), 0, &mut count, nothing),
            ralph_lock_probe_filesystem(root, &mut verdict, nothing),
            ralph_lock_adopt_fd(root, prompt, ptr::null(), 0, &mut guard, nothing),
        ] {
            assert_eq!(got, ralph_lock_status::RALPH_LOCK_UNSUPPORTED_PLATFORM);
        }
        assert!(guard.is_null() && waiter.is_null() && metadata.is_null() && !locked);
        assert_eq!((state, count, verdict), (RALPH_LOCK_STATE_FREE, 0, RALPH_LOCK_FILESYSTEM_UNKNOWN));
    }
}
