//! System calls that are not in std or in the library.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

/// While it exists, this thread takes no signal. Threads started meanwhile never take any.
pub(crate) struct Blocked(libc::sigset_t);

impl Blocked {
    pub(crate) fn all() -> Blocked {
        let mut all = MaybeUninit::uninit();
        let mut before = MaybeUninit::uninit();
        // SAFETY: sigfillset initializes the one set, pthread_sigmask the other; neither fails with these arguments.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            Blocked(before.assume_init())
        }
    }

    /// Sleeps until the descriptor is readable or a signal arrives, also one that arrived while it was blocked.
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    pub(crate) fn poll(&self, fd: BorrowedFd<'_>) {
        let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: the arguments point to one pollfd and one set of signals, both alive during the call.
        unsafe { libc::ppoll(&mut poll, 1, ptr::null(), &self.0) };
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: the set is the one that pthread_sigmask gave.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, ptr::null_mut()) };
    }
}

/// A wake-up for the event loop: its descriptor is readable once it has been rung. It is an eventfd(2), or a pair of
/// sockets on systems without one.
pub(crate) struct Bell {
    heard: OwnedFd,
    rung: Option<OwnedFd>,
}

impl Bell {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    pub(crate) fn new() -> io::Result<Bell> {
        // SAFETY: eventfd takes no pointers.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new, and nothing else owns it.
        Ok(Bell { heard: unsafe { OwnedFd::from_raw_fd(fd) }, rung: None })
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    pub(crate) fn new() -> io::Result<Bell> {
        let (heard, rung) = std::os::unix::net::UnixStream::pair()?;
        heard.set_nonblocking(true)?;
        rung.set_nonblocking(true)?;
        Ok(Bell { heard: heard.into(), rung: Some(rung.into()) })
    }

    pub(crate) fn number(&self) -> i32 {
        self.heard.as_raw_fd()
    }

    pub(crate) fn ring(&self) {
        let one = 1u64.to_ne_bytes();
        let fd = self.rung.as_ref().unwrap_or(&self.heard).as_raw_fd();
        // SAFETY: the buffer has eight bytes.
        unsafe { libc::write(fd, one.as_ptr().cast(), one.len()) };
    }
}

/// Whether the thread runs the process's first interpreter. Only while attached.
pub(crate) fn is_main_interpreter() -> bool {
    // SAFETY: the caller is attached, so that there is a current interpreter.
    unsafe { pyo3::ffi::PyInterpreterState_GetID(pyo3::ffi::PyInterpreterState_Get()) == 0 }
}

/// The device and inode of a descriptor's file. None: it is not open.
pub(crate) fn file_of(fd: i32) -> Option<(u64, u64)> {
    let mut stat = MaybeUninit::uninit();
    // SAFETY: fstat fills the buffer when it succeeds, and only then it is read.
    let stat = unsafe { (libc::fstat(fd, stat.as_mut_ptr()) == 0).then(|| stat.assume_init()) }?;
    // The fields have different types on other systems.
    #[allow(clippy::unnecessary_cast)]
    Some((stat.st_dev as u64, stat.st_ino as u64))
}

/// A close-on-exec copy of the caller's descriptor.
pub(crate) fn duplicate(fd: i32) -> io::Result<OwnedFd> {
    // SAFETY: fcntl takes no pointers; for a number that is not open it fails.
    let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) };
    if copy < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// Takes ownership of a descriptor, to close it or to pass it on.
pub(crate) fn own(fd: i32) -> OwnedFd {
    // SAFETY: the callers have handed the descriptor to the lock, or never received it.
    unsafe { OwnedFd::from_raw_fd(fd) }
}
