//! Retry limits and backoff.

use std::time::Duration;

use crate::sys::clock;

/// How long to retry while only probers hold the lock.
const PROBERS: Duration = Duration::from_secs(1);

/// How long to wait for the record of a holder that may be about to write it.
pub(crate) const RECORD: Duration = Duration::from_millis(20);

/// How long to wait for a holder of the root that may be ending: its descriptors close one after the other.
const ROOT: Duration = Duration::from_millis(20);

/// How long a restore tries to lock the new file.
const RESTORE: Duration = Duration::from_millis(50);

/// The least number of tries: on a busy machine too few may fit into that time.
const PROBERS_TRIES: u32 = 1000;
const RESTORE_TRIES: u32 = 20;

/// How long a shared file system may show an old text: GlusterFS and the kernel's FUSE cache do so for a second, and on
/// a busy machine for longer.
pub(crate) const OLD_TEXT: Duration = Duration::from_secs(3);

/// How often to look for a newer text.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What is left of one acquire's retry budgets.
pub(crate) struct Backoff {
    pub(crate) probers: Budget,
    pub(crate) record: Budget,
    pub(crate) root: Budget,
}

impl Default for Backoff {
    fn default() -> Backoff {
        let probers = Budget { least: PROBERS_TRIES, ..Budget::of(PROBERS) };
        Backoff { probers, record: Budget::of(RECORD), root: Budget::of(ROOT) }
    }
}

/// A span of time that starts at its first use.
pub(crate) struct Budget {
    length: Duration,
    /// The number of tries that are left even if the time is over.
    least: u32,
    end: Option<Duration>,
}

impl Budget {
    /// A budget of a single try.
    pub(crate) fn none() -> Budget {
        Budget::of(Duration::ZERO)
    }

    pub(crate) fn of(length: Duration) -> Budget {
        Budget { length, least: 0, end: None }
    }

    /// The budget of a restore.
    pub(crate) fn of_restore() -> Budget {
        Budget { least: RESTORE_TRIES, ..Budget::of(RESTORE) }
    }

    pub(crate) fn is_over(&mut self) -> bool {
        let now = clock::monotonic();
        let over = now >= *self.end.get_or_insert(now + self.length) && self.least == 0;
        self.least = self.least.saturating_sub(1);
        over
    }
}

/// Sleeps for a random number of microseconds, so that two processes that collide do not stay in step.
pub(crate) fn pause() {
    // A signal may end the sleep early.
    let _ = clock::sleep(vary(Duration::from_micros(64)));
}

/// The same where each try is a round trip to another machine, of up to some milliseconds.
pub(crate) fn pause_remotely() {
    let _ = clock::sleep(vary(Duration::from_millis(8)));
}

/// A random time up to this one; the clock's last digits are random enough.
pub(crate) fn vary(longest: Duration) -> Duration {
    let chance = clock::wall().subsec_nanos().wrapping_mul(0x9e37_79b1) >> 26;
    longest * (1 + chance) / 64
}
