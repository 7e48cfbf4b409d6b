//! Creates what a lock needs: the missing directories, the lock file, and the .gitignore that hides it from git.
//!
//! Users with access to the root get access to what is created in it, whatever the umask: so one user can lock what
//! another one created. Owner and mode are set by descriptor, and only on what this call created: a file by O_EXCL; a
//! directory if it is empty and still the caller's, because an attacker may move another directory into its place.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::path::LockPath;
use crate::error::Fault;
use crate::record::LOCK_FILE;
use crate::sys::access::{self, Access};
use crate::sys::file;

/// The permission bits for one class of users: on a directory, and on a file.
const USE_DIRECTORY: u32 = 0o7;
const USE_FILE: u32 = 0o6;

/// inode(7).
const GROUP_MAY_WRITE: u32 = 0o020;
const OTHERS_MAY_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Creates the lock file, and missing directories between it and the root. It does not create the root: a missing one
/// is an error to report. If another process is faster, its file is opened.
pub(super) fn lock_file(path: &LockPath) -> Result<io::Result<OwnedFd>, Fault> {
    let root = root_access(path);
    for (below, parent, shown) in path.parents() {
        if file::make_directory(below, &parent).map_err(|error| shown.failed("create", error))? {
            // On failure the directory stays as mkdir(2) made it.
            let _ = file::open_directory_itself(below, &parent).and_then(|made| follow_directory(&root, made.as_fd()));
        }
    }
    match path.create_new() {
        Ok(fd) => {
            follow(&root, fd.as_fd(), USE_FILE);
            ignore_lock(path, || root);
            Ok(Ok(fd))
        }
        Err(error) if error.raw_os_error() == Some(libc::EEXIST) => Ok(path.open_read_write()),
        Err(error) => Ok(Err(error)),
    }
}

/// Creates `.ralph/.gitignore`, which names itself and the lock file: git then neither commits nor removes the lock. An
/// existing one is left alone; a chosen lock file, or one behind a symbolic link, gets none. The lock does not depend
/// on it, so failure is ignored.
pub(super) fn keep_git_away(path: &LockPath) {
    ignore_lock(path, || root_access(path));
}

fn ignore_lock(path: &LockPath, root: impl FnOnce() -> Option<Access>) {
    let (Some((folder, name)), true) = (LOCK_FILE.rsplit_once('/'), path.is_workspaces()) else {
        return;
    };
    let text = format!("# Written by ralph_lock: the lock belongs to this machine.\n/{name}\n/.gitignore\n");
    let _ = write_ignore_file(path, folder, &text, root);
}

fn write_ignore_file(
    path: &LockPath,
    folder: &str,
    text: &str,
    root: impl FnOnce() -> Option<Access>,
) -> io::Result<()> {
    let folder = file::open_directory_itself(path.open_root()?.below(), &CString::new(folder)?)?;
    let ignore = file::create_new(Some(folder.as_fd()), c".gitignore")?;
    follow(&root(), ignore.as_fd(), USE_FILE);
    match file::write_at(ignore.as_fd(), text.as_bytes(), 0) {
        Ok(written) if written == text.len() => Ok(()),
        // A later call would not replace an incomplete one.
        _ => file::remove(Some(folder.as_fd()), c".gitignore"),
    }
}

/// The root's owner and permissions. None if they cannot be determined: then new objects keep their mode.
fn root_access(path: &LockPath) -> Option<Access> {
    let root = path.open_root().ok()?.below()?;
    let mut found = access::of(root).ok()?;
    if found.mode & GROUP_MAY_WRITE != 0 && access::has_list(root) {
        // New objects inherit the list's default part, and the group bits of the mode are its mask.
        found.mode &= !GROUP_MAY_WRITE;
    }
    Some(found)
}

fn follow_directory(root: &Option<Access>, made: BorrowedFd<'_>) -> io::Result<()> {
    if access::of(made)?.user == access::effective_user() && file::is_empty(made)? {
        follow(root, made, USE_DIRECTORY);
    }
    Ok(())
}

/// Gives the users who may write the root access to a new object: its group, then other users unless the root is
/// sticky. What the superuser creates in another user's directory is given to that user. Only the root's own group gets
/// access: if the object's group cannot be set, no bits are added.
fn follow(root: &Option<Access>, object: BorrowedFd<'_>, bits: u32) {
    let (Some(root), Ok(own)) = (root, access::of(object)) else {
        return;
    };
    let group_may_write = root.mode & GROUP_MAY_WRITE != 0;
    let is_given_away = own.user == 0 && root.user != 0;
    let has_group = own.group == root.group
        || (group_may_write || is_given_away) && access::set_owner(object, None, Some(root.group)).is_ok();
    let mut mode = own.mode;
    if group_may_write && has_group {
        mode |= bits << 3;
    }
    if root.mode & (OTHERS_MAY_WRITE | STICKY) == OTHERS_MAY_WRITE {
        mode |= bits;
    }
    if mode != own.mode {
        let _ = access::set_mode(object, mode);
    }
    if is_given_away {
        let _ = access::set_owner(object, Some(root.user), None);
    }
}
