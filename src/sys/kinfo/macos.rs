//! macOS: proc_pidinfo(3), proc_pidfdinfo(3), proc_listallpids(3).

use std::ffi::{CStr, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

use super::declared::{FWASLOCKED, PROC_PIDFDVNODEINFO, WITH_ZOMBIES, vnode_fdinfo};
use super::{Facts, number, sysctl};
use crate::sys::file::FileId;

pub(crate) fn facts(pid: u32) -> io::Result<Facts> {
    let pid = number(pid)?;
    // SAFETY: the type is the one that this flavor fills.
    let info: libc::proc_bsdinfo =
        unsafe { filled(|info, size| libc::proc_pidinfo(pid, libc::PROC_PIDTBSDINFO, WITH_ZOMBIES, info, size))? };
    Ok(Facts {
        parent: info.pbi_ppid,
        start_time: info.pbi_start_tvsec * 1_000_000 + info.pbi_start_tvusec,
        has_ended: info.pbi_status == libc::SZOMB,
    })
}

/// The identity of this boot.
pub(crate) fn boot_id() -> Option<String> {
    let value = sysctl(c"kern.bootsessionuuid").ok()?;
    Some(CStr::from_bytes_until_nul(&value).ok()?.to_str().ok()?.to_owned())
}

/// The pids of all processes.
pub(crate) fn processes() -> io::Result<Vec<u32>> {
    // SAFETY: at most that many bytes are written. It returns the number of pids, not of bytes.
    let numbers: Vec<libc::pid_t> = unsafe {
        list(|buffer, size| libc::proc_listallpids(buffer, size).saturating_mul(size_of::<libc::pid_t>() as c_int))?
    };
    Ok(numbers.into_iter().filter_map(|pid| u32::try_from(pid).ok()).collect())
}

/// Whether a process has a descriptor of one of these files by which it has or had an flock(2) lock. EPERM for a
/// process of another user.
pub(crate) fn has_locked(pid: u32, files: &[FileId]) -> io::Result<bool> {
    let pid = number(pid)?;
    // SAFETY: at most that many bytes are written, and they are values of this type.
    let descriptors: Vec<libc::proc_fdinfo> =
        unsafe { list(|buffer, size| libc::proc_pidinfo(pid, libc::PROC_PIDLISTFDS, 0, buffer, size))? };
    for descriptor in descriptors {
        if descriptor.proc_fdtype != libc::PROX_FDTYPE_VNODE as u32 {
            continue;
        }
        // SAFETY: the type is the one that this flavor fills.
        let info = unsafe {
            filled::<vnode_fdinfo>(|info, size| {
                libc::proc_pidfdinfo(pid, descriptor.proc_fd, PROC_PIDFDVNODEINFO, info, size)
            })
        };
        // A descriptor that cannot be looked at has been closed or revoked.
        let Ok(vnode_fdinfo { pfi, pvi }) = info else {
            continue;
        };
        let file = FileId { device: u64::from(pvi.vi_stat.vst_dev), inode: pvi.vi_stat.vst_ino };
        if pfi.fi_openflags & FWASLOCKED != 0 && files.contains(&file) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One value that a call fills, which returns the number of bytes written.
///
/// # Safety
/// The call writes at most the given number of bytes, and if it returns that number, they are a valid T.
unsafe fn filled<T>(call: impl FnOnce(*mut c_void, c_int) -> c_int) -> io::Result<T> {
    let mut value = MaybeUninit::<T>::uninit();
    let size = size_of::<T>() as c_int;
    if call(value.as_mut_ptr().cast(), size) != size {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all of it was filled.
    Ok(unsafe { value.assume_init() })
}

/// A list that a call fills, which returns the number of bytes written; without a buffer, the number that may be
/// needed.
///
/// # Safety
/// The call writes at most the given number of bytes, and they are values of T.
unsafe fn list<T>(call: impl Fn(*mut c_void, c_int) -> c_int) -> io::Result<Vec<T>> {
    let mut room = usize::try_from(call(null_mut(), 0)).unwrap_or(0) / size_of::<T>();
    loop {
        // It may have grown meanwhile.
        room += room / 4 + 16;
        let mut values = Vec::<T>::with_capacity(room);
        let size = c_int::try_from(room * size_of::<T>()).map_err(|_| io::Error::from_raw_os_error(libc::ENOMEM))?;
        let count = usize::try_from(call(values.as_mut_ptr().cast(), size)).unwrap_or(0) / size_of::<T>();
        if count == 0 {
            return Err(io::Error::last_os_error());
        }
        if count < room {
            // SAFETY: that many were written.
            unsafe { values.set_len(count) };
            return Ok(values);
        }
    }
}
