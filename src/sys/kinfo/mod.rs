//! What macOS and FreeBSD tell of processes: proc_pidinfo(3) and sysctl(3).

mod declared;
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(target_os = "freebsd", path = "freebsd.rs")]
mod system;

use std::ffi::CStr;
use std::io;

use super::check;
pub(crate) use system::{boot_id, facts, has_locked, processes};

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

/// The value of that name, as long as it is short.
fn sysctl(name: &CStr) -> io::Result<Vec<u8>> {
    let mut value = vec![0_u8; 128];
    let mut size = value.len();
    // SAFETY: the name is NUL-terminated, and at most `size` bytes are written to the value.
    check(unsafe { libc::sysctlbyname(name.as_ptr(), value.as_mut_ptr().cast(), &mut size, std::ptr::null_mut(), 0) })?;
    value.truncate(size);
    Ok(value)
}
