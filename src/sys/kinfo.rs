//! What macOS and FreeBSD tell of a process: proc_pidinfo(3) and sysctl(3).

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;

use super::check;

/// What the system knows of a process.
pub(crate) struct Facts {
    pub(crate) parent: u32,
    /// In microseconds since 1970.
    pub(crate) start_time: u64,
    /// It waits to be reaped.
    pub(crate) has_ended: bool,
}

fn number(pid: u32) -> io::Result<libc::pid_t> {
    libc::pid_t::try_from(pid).map_err(|_| io::Error::from_raw_os_error(libc::ESRCH))
}

#[cfg(target_os = "macos")]
pub(crate) fn facts(pid: u32) -> io::Result<Facts> {
    /// Zombies too.
    const WITH_ZOMBIES: u64 = 1;
    let mut info = MaybeUninit::<libc::proc_bsdinfo>::uninit();
    let size = size_of::<libc::proc_bsdinfo>() as libc::c_int;
    // SAFETY: at most that many bytes are written to info, which has room for them.
    let filled = unsafe {
        libc::proc_pidinfo(number(pid)?, libc::PROC_PIDTBSDINFO, WITH_ZOMBIES, info.as_mut_ptr().cast(), size)
    };
    if filled != size {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all of it was filled.
    let info = unsafe { info.assume_init() };
    Ok(Facts {
        parent: info.pbi_ppid,
        start_time: info.pbi_start_tvsec * 1_000_000 + info.pbi_start_tvusec,
        has_ended: info.pbi_status == libc::SZOMB,
    })
}

#[cfg(target_os = "freebsd")]
pub(crate) fn facts(pid: u32) -> io::Result<Facts> {
    let name = [libc::CTL_KERN, libc::KERN_PROC, libc::KERN_PROC_PID, number(pid)?];
    let mut info = MaybeUninit::<libc::kinfo_proc>::uninit();
    let mut size = size_of::<libc::kinfo_proc>();
    // SAFETY: the name has that many parts, and at most `size` bytes are written to info, which has room for them.
    check(unsafe {
        libc::sysctl(name.as_ptr(), name.len() as _, info.as_mut_ptr().cast(), &mut size, std::ptr::null(), 0)
    })?;
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

/// A text or number that each boot has for itself.
pub(crate) fn boot_id() -> Option<String> {
    #[cfg(target_os = "macos")]
    let (name, is_text) = (c"kern.bootsessionuuid", true);
    #[cfg(target_os = "freebsd")]
    let (name, is_text) = (c"kern.boot_id", false);
    let value = sysctl(name).ok()?;
    if !is_text {
        return Some(value.iter().map(|byte| format!("{byte:02x}")).collect());
    }
    Some(CStr::from_bytes_until_nul(&value).ok()?.to_str().ok()?.to_owned())
}

/// The value of that name, as long as it is short.
fn sysctl(name: &CStr) -> io::Result<Vec<u8>> {
    let mut value = vec![0_u8; 128];
    let mut size = value.len();
    // SAFETY: the name is NUL-terminated, and at most `size` bytes are written to the value.
    check(unsafe { libc::sysctlbyname(name.as_ptr(), value.as_mut_ptr().cast(), &mut size, std::ptr::null_mut(), 0) })?;
    value.truncate(size);
    Ok(value)
}
