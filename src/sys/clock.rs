//! Reads the clocks, clock_gettime(2), and sleeps, nanosleep(2).

use std::io;
use std::ptr::null_mut;
use std::time::Duration;

use super::check;

/// CLOCK_MONOTONIC: the time since a fixed moment in the past.
pub(crate) fn monotonic() -> Duration {
    read(libc::CLOCK_MONOTONIC)
}

/// CLOCK_REALTIME: the time since 1970-01-01 00:00 UTC.
pub(crate) fn wall() -> Duration {
    read(libc::CLOCK_REALTIME)
}

/// Sleeps for that time; a signal handler that runs meanwhile ends the sleep with EINTR.
pub(crate) fn sleep(time: Duration) -> io::Result<()> {
    // SAFETY: the time lives through the call, and NULL asks for no remaining time.
    check(unsafe { libc::nanosleep(&timespec(time), null_mut()) }).map(drop)
}

fn read(clock: libc::clockid_t) -> Duration {
    let mut now = timespec(Duration::ZERO);
    // SAFETY: there is room for the answer. With these clocks the call does not fail.
    unsafe { libc::clock_gettime(clock, &mut now) };
    Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0))
}

// The width of these fields differs between systems. Times here are a day at the most, far below it.
#[allow(clippy::unnecessary_cast)]
pub(super) fn timespec(time: Duration) -> libc::timespec {
    // SAFETY: a timespec is two numbers, and on some systems padding; all zeros are a valid value.
    let mut converted: libc::timespec = unsafe { std::mem::zeroed() };
    converted.tv_sec = time.as_secs() as _;
    converted.tv_nsec = time.subsec_nanos() as _;
    converted
}
