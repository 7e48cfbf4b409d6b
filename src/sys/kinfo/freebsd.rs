//! FreeBSD: sysctl(3) below kern.proc.

use std::ffi::{c_int, c_void};
use std::io;
use std::mem::{MaybeUninit, offset_of};
use std::ptr::{null, null_mut};

use super::declared::kf_file;
use super::{Facts, number, sysctl};
use crate::sys::check;
use crate::sys::file::FileId;

pub(crate) fn facts(pid: u32) -> io::Result<Facts> {
    let mut info = MaybeUninit::<libc::kinfo_proc>::uninit();
    let mut size = size_of::<libc::kinfo_proc>();
    // SAFETY: at most `size` bytes are written to info, which has room for them.
    unsafe { kern_proc(&[libc::KERN_PROC_PID, number(pid)?], info.as_mut_ptr().cast(), &mut size)? };
    if size != size_of::<libc::kinfo_proc>() {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    // SAFETY: all of it was filled.
    let info = unsafe { info.assume_init() };
    Ok(Facts {
        parent: info.ki_ppid as u32,
        start_time: info.ki_start.tv_sec as u64 * 1_000_000 + info.ki_start.tv_usec as u64,
        has_ended: info.ki_stat == libc::SZOMB,
    })
}

/// The identity of this boot, a random number.
pub(crate) fn boot_id() -> Option<String> {
    Some(sysctl(c"kern.boot_id").ok()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The pids of all processes.
pub(crate) fn processes() -> io::Result<Vec<u32>> {
    const SIZE: usize = size_of::<libc::kinfo_proc>();
    let list = list(&[libc::KERN_PROC_PROC])?;
    let number = |record: &[u8]| int(record, offset_of!(libc::kinfo_proc, ki_pid))?.try_into().ok();
    Ok(list.chunks_exact(SIZE).filter_map(number).collect())
}

/// Whether a process has a descriptor of one of these files by which it has, or has tried to get, an flock(2) lock: the
/// kernel sets the flag before it checks whether the lock is free. EPERM for a process of another user.
pub(crate) fn has_locked(pid: u32, files: &[FileId]) -> io::Result<bool> {
    let list = list(&[libc::KERN_PROC_FILEDESC, number(pid)?])?;
    let mut rest = &list[..];
    // Each record begins with its length.
    while let Some(length) = int(rest, 0).and_then(|length| usize::try_from(length).ok()).filter(|length| *length > 0) {
        let Some((record, others)) = rest.split_at_checked(length) else {
            break;
        };
        rest = others;
        let is_locked =
            int(record, offset_of!(libc::kinfo_file, kf_flags)).is_some_and(|flags| flags & libc::KF_FLAG_HASLOCK != 0);
        let is_file = int(record, offset_of!(libc::kinfo_file, kf_type)) == Some(libc::KF_TYPE_VNODE);
        if is_locked && is_file && file_of(record).is_some_and(|file| files.contains(&file)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn file_of(record: &[u8]) -> Option<FileId> {
    const FILE: usize = offset_of!(libc::kinfo_file, kf_offset) + size_of::<i64>();
    let number = |at: usize| Some(u64::from_ne_bytes(record.get(FILE + at..)?.first_chunk().copied()?));
    Some(FileId {
        device: number(offset_of!(kf_file, kf_file_fsid))?,
        inode: number(offset_of!(kf_file, kf_file_fileid))?,
    })
}

fn int(record: &[u8], at: usize) -> Option<c_int> {
    Some(c_int::from_ne_bytes(record.get(at..)?.first_chunk().copied()?))
}

/// The whole list of that name.
fn list(name: &[c_int]) -> io::Result<Vec<u8>> {
    let mut room = 0;
    // SAFETY: without a buffer nothing but the size is written.
    unsafe { kern_proc(name, null_mut(), &mut room)? };
    loop {
        // It may have grown meanwhile.
        room += room / 4 + 4096;
        let mut list = vec![0_u8; room];
        let mut size = room;
        // SAFETY: at most `size` bytes are written to the list, which has room for them.
        match unsafe { kern_proc(name, list.as_mut_ptr().cast(), &mut size) } {
            Err(error) if error.raw_os_error() == Some(libc::ENOMEM) => {}
            Err(error) => return Err(error),
            Ok(()) => {
                list.truncate(size);
                return Ok(list);
            }
        }
    }
}

/// # Safety
/// The value has room for that many bytes, or is NULL.
unsafe fn kern_proc(name: &[c_int], value: *mut c_void, size: &mut usize) -> io::Result<()> {
    let name = [&[libc::CTL_KERN, libc::KERN_PROC], name].concat();
    // SAFETY: the name has that many parts; the value is as the caller says.
    check(unsafe { libc::sysctl(name.as_ptr(), name.len() as _, value, size, null(), 0) }).map(drop)
}
