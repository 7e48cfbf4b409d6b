//! Reads facts about processes on macOS and FreeBSD: proc_pidinfo(3) and sysctl(3).

mod declared;
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(target_os = "freebsd", path = "freebsd.rs")]
mod system;

use std::ffi::CStr;
use std::io;

use super::check;
pub(crate) use system::{boot_id, facts, has_locked, processes};

/// The facts about a process.
pub(crate) struct Facts {
    pub(crate) parent: u32,
    /// In microseconds since 1970.
    pub(crate) start_time: u64,
    /// Whether it is a zombie.
    pub(crate) has_ended: bool,
}

fn number(pid: u32) -> io::Result<libc::pid_t> {
    libc::pid_t::try_from(pid).map_err(|_| io::Error::from_raw_os_error(libc::ESRCH))
}

/// The value of that name, of at most 128 bytes. sysctlbyname(3).
fn sysctl(name: &CStr) -> io::Result<Vec<u8>> {
    let mut value = vec![0_u8; 128];
    let mut size = value.len();
    // SAFETY: the name is NUL-terminated, and at most `size` bytes are written to the value.
    check(unsafe { libc::sysctlbyname(name.as_ptr(), value.as_mut_ptr().cast(), &mut size, std::ptr::null_mut(), 0) })?;
    value.truncate(size);
    Ok(value)
}
