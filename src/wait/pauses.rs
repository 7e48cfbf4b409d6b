//! How long a wait pauses between two looks at the lock.

use std::time::Duration;

use crate::lock::vary;

/// When to look again, in microseconds, after an event that found the lock still taken.
pub(super) const AFTER_EVENT: [u64; 7] = [20, 50, 100, 200, 500, 1000, 2000];

/// Where in that list to begin when there is a new holder: the event was probably the end of the earlier one, and the
/// next one will be reported. One look remains, in case the event was the new holder's end.
pub(super) const AFTER_CHANGE: usize = AFTER_EVENT.len() - 1;

/// Where to begin when the wait begins: only an event just before the watch can have been missed.
pub(super) const AT_FIRST: usize = AFTER_EVENT.len() - 3;

/// How long a wait sleeps if only its end or another wait can wake it.
pub(super) const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// The shortest and the longest pause where the kernel reports no changes.
pub(super) const POLLING: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(50)];

/// How long until the next look, after this number of looks.
pub(super) fn polling_pause(looks: usize) -> Duration {
    vary((POLLING[0] * (1 << looks.min(6))).min(POLLING[1]))
}
