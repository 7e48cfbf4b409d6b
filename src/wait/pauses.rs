//! How long a wait pauses between two looks at the lock.

use std::time::Duration;

use crate::lock::vary;

/// When to look again, in microseconds, after an event that found the lock still taken.
pub(super) const AFTER_EVENT: [u64; 7] = [20, 50, 100, 200, 500, 1000, 2000];

/// Where in that list to begin when a new holder has it: the event is likely to be explained by that,
/// and the next one to be heard. One look is for an event that was about the new holder's end.
pub(super) const AFTER_CHANGE: usize = AFTER_EVENT.len() - 1;

/// Where to begin when the wait does: the only event to reckon with is one just before the watch.
pub(super) const AT_FIRST: usize = AFTER_EVENT.len() - 3;

/// How long a wait sleeps that nothing but its end or another wait wakes.
pub(super) const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// Between which bounds the pauses grow where the kernel does not tell of changes.
pub(super) const POLLING: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(50)];

/// How long until the next look, after so many.
pub(super) fn polling_pause(looks: usize) -> Duration {
    vary((POLLING[0] * (1 << looks.min(6))).min(POLLING[1]))
}
