//! How long to bear with others before answering.

use std::time::Duration;

use crate::sys::clock;

/// How long to look past processes that only ask whether the lock is held.
const PROBERS: Duration = Duration::from_secs(1);

/// How long to wait for the record of a holder that has the lock and is about to write it.
pub(crate) const RECORD: Duration = Duration::from_millis(20);

/// How long to wait for a holder of the root that may be ending: its descriptors close one after the other.
const ROOT: Duration = Duration::from_millis(20);

/// How long a holder tries to lock the file that it puts back.
const RESTORE: Duration = Duration::from_millis(50);

/// How many tries that is at the least: on a busy machine they can be few in that time, which says nothing.
const PROBERS_TRIES: u32 = 1000;
const RESTORE_TRIES: u32 = 20;

/// For how long a file system that other machines use too may show an old text: GlusterFS and the kernel's FUSE
/// keep what they know for a second, and a busy machine takes its time.
pub(crate) const OLD_TEXT: Duration = Duration::from_secs(3);

/// How often to look for a newer one.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What is left of the time that one acquire spends on others.
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

/// A span of time that begins when it is first asked about.
pub(crate) struct Budget {
    length: Duration,
    /// How many more times it is not over, whatever the time.
    least: u32,
    end: Option<Duration>,
}

impl Budget {
    /// For one look only.
    pub(crate) fn none() -> Budget {
        Budget::of(Duration::ZERO)
    }

    pub(crate) fn of(length: Duration) -> Budget {
        Budget { length, least: 0, end: None }
    }

    /// For a holder that puts its lock file back.
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

/// Sleeps some microseconds. How many is left to chance, so that two processes that disturb each
/// other do not go on doing so in step.
pub(crate) fn pause() {
    // That a signal cuts it short does no harm.
    let _ = clock::sleep(vary(Duration::from_micros(64)));
}

/// The same where each try goes to another machine and back, which takes up to some milliseconds.
pub(crate) fn pause_remotely() {
    let _ = clock::sleep(vary(Duration::from_millis(8)));
}

/// Some time up to this one, left to chance; the clock's last digits are chance enough.
pub(crate) fn vary(longest: Duration) -> Duration {
    let chance = clock::wall().subsec_nanos().wrapping_mul(0x9e37_79b1) >> 26;
    longest * (1 + chance) / 64
}
