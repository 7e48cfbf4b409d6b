//! Decides when a wait looks at the lock again.

use std::time::Duration;

use super::line::{BACK_STOP, PULSE};
use super::pauses::{AFTER_EVENT, FAR, polling_pause};
use super::state::{Target, Wait};
use crate::sys::clock;

impl Target {
    pub(super) fn is_watched(&self) -> bool {
        self.watched == Some(true)
    }

    /// Whether the next look is neither the first nor the last of those that follow an event.
    pub(super) fn is_within_list(&self) -> bool {
        self.is_watched() && (1..AFTER_EVENT.len()).contains(&self.looks)
    }
}

impl Wait {
    /// Decides when to look again. After an event, the pauses are those of the list, from the place `event` on. After
    /// the list, if the lock's end is an event (`event_at_end`), it looks only as a back-stop. A look that was not due,
    /// because an event loop may step at any time, uses up no place in the list.
    pub(super) fn plan(&mut self, event: Option<usize>, event_at_end: bool) {
        let now = clock::monotonic();
        let Some(target) = &mut self.target else {
            self.next_look = now + polling_pause(self.vacant_looks);
            self.vacant_looks += 1;
            return;
        };
        let due = event.is_some() || now >= self.next_look;
        target.looks = event.unwrap_or(target.looks);
        let listed = if target.is_watched() { AFTER_EVENT.len() } else { 0 };
        let pause = match target.looks.checked_sub(listed) {
            None => Duration::from_micros(AFTER_EVENT[target.looks]),
            Some(_) if target.is_watched() && event_at_end => {
                if self.has_others {
                    PULSE
                } else {
                    BACK_STOP
                }
            }
            Some(looks) => polling_pause(looks),
        };
        if due {
            target.looks += 1;
            self.next_look = now + pause;
        } else {
            self.next_look = self.next_look.min(now + pause);
        }
    }

    /// How long until this wait must step, or a day if that is longer. None: until it is woken.
    pub(super) fn time_to_sleep(&self) -> Option<Duration> {
        let look = self.acts.then_some(self.next_look);
        let end = self.deadline.into_iter().chain(look).min()?;
        Some(end.saturating_sub(clock::monotonic()).min(FAR))
    }
}

#[cfg(all(test, linux))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::AcquireOptions;
    use crate::sys::event::Set;
    use crate::wait::pauses::POLLING;

    #[test]
    fn looks_often_only_where_events_are_missing() {
        let root = tempfile::tempdir().unwrap();
        let guard = crate::LoopLock::try_acquire(root.path(), "holds").unwrap();
        let mut wait = Wait::new(root.path(), "waits", &AcquireOptions::new()).unwrap();
        wait.resolve().unwrap();
        wait.line_up(Arc::new(Set::new().unwrap())).unwrap();
        for _ in 0..=AFTER_EVENT.len() {
            wait.next_look = clock::monotonic();
            assert!(wait.step(false).unwrap().is_none());
        }
        // Other programs can have used up inotify at this moment.
        assert!(!wait.target.as_ref().unwrap().is_watched() || wait.time_to_sleep().unwrap() > BACK_STOP / 2);
        wait.target.as_mut().unwrap().watched = Some(false);
        for _ in 0..20 {
            assert!(wait.step(false).unwrap().is_none());
            assert!(wait.time_to_sleep().unwrap() <= POLLING[1]);
        }
        drop(guard);
        assert!(wait.step(false).unwrap().is_some());
    }

    #[test]
    fn a_deadline_in_the_far_future_fits_into_32_bits() {
        let options = AcquireOptions::new().timeout(Duration::from_millis(u64::MAX - 1));
        let mut wait = Wait::new(std::path::Path::new("."), "waits", &options).unwrap();
        wait.acts = false;
        assert_eq!(wait.time_to_sleep(), Some(FAR));
    }

    #[test]
    fn a_wait_that_stopped_watching_watches_again_and_hears() {
        let root = tempfile::tempdir().unwrap();
        let guard = crate::LoopLock::try_acquire(root.path(), "holds").unwrap();
        let mut wait = Wait::new(root.path(), "waits", &AcquireOptions::new()).unwrap();
        wait.resolve().unwrap();
        wait.line_up(Arc::new(Set::new().unwrap())).unwrap();
        for _ in 0..3 {
            assert!(wait.step(false).unwrap().is_none());
            // Other programs can have used up inotify at this moment.
            assert_eq!(wait.watcher.is_some(), wait.target.as_ref().unwrap().is_watched());
            wait.stop_watching();
            assert!(wait.watcher.is_none() && !wait.target.as_ref().unwrap().is_watched());
        }
        assert!(wait.step(false).unwrap().is_none() && !wait.hear());
        let watches = wait.watcher.is_some();
        drop(guard);
        let heard = wait.hear();
        assert_eq!(heard, watches);
        assert!(wait.step(heard).unwrap().is_some() && wait.watcher.is_none());
    }

    #[test]
    fn a_look_too_early_uses_up_nothing() {
        let root = tempfile::tempdir().unwrap();
        let _guard = crate::LoopLock::try_acquire(root.path(), "holds").unwrap();
        let mut wait = Wait::new(root.path(), "waits", &AcquireOptions::new()).unwrap();
        wait.resolve().unwrap();
        wait.line_up(Arc::new(Set::new().unwrap())).unwrap();
        assert!(wait.step(true).unwrap().is_none());
        for _ in 0..100 {
            // However long this takes, the look is not due.
            let planned = clock::monotonic() + BACK_STOP;
            wait.next_look = planned;
            assert!(wait.step(false).unwrap().is_none());
            assert_eq!(wait.target.as_ref().unwrap().looks, 1);
            assert!(wait.next_look < planned);
        }
    }
}
