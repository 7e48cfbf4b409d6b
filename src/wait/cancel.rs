//! Ends waits from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

#[cfg(unix)]
use crate::sys::event::{Seat, Sources};
use crate::sys::process;

/// Once triggered, it ends every wait that has it: those in progress at once, later ones as they begin. Clones are the
/// same token. It is valid in the process that made it: a forked child makes its own.
#[derive(Debug, Clone)]
pub struct CancelToken(Arc<Token>);

#[derive(Debug)]
struct Token {
    triggered: AtomicBool,
    /// None where the system has none: then waits poll.
    #[cfg(unix)]
    counters: Option<Arc<Sources>>,
    owner: u32,
}

impl CancelToken {
    /// A token that is not triggered. Fails only if there is no descriptor left.
    pub fn new() -> std::io::Result<CancelToken> {
        #[cfg(unix)]
        let counters = match Sources::counters() {
            Ok(counters) => Some(Arc::new(counters)),
            Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => None,
            Err(error) => return Err(error),
        };
        Ok(CancelToken(Arc::new(Token {
            triggered: AtomicBool::new(false),
            #[cfg(unix)]
            counters,
            owner: process::instance(),
        })))
    }

    /// Ends the waits. A second call does nothing, and so does a call in a forked child.
    pub fn trigger(&self) {
        if !self.is_own() || self.0.triggered.swap(true, Ordering::SeqCst) {
            return;
        }
        // A wait that takes its seat too late for `raise` finds the token triggered.
        fence(Ordering::SeqCst);
        #[cfg(unix)]
        if let Some(counters) = &self.0.counters {
            counters.raise();
        }
    }

    /// Whether it was triggered.
    pub fn is_triggered(&self) -> bool {
        self.0.triggered.load(Ordering::SeqCst)
    }

    /// Whether this process made it. A forked child shares the descriptors with its parent, whose waits it must not
    /// end.
    pub(crate) fn is_own(&self) -> bool {
        self.0.owner == process::instance()
    }
}

#[cfg(unix)]
impl CancelToken {
    /// The source for a wait's set that becomes readable once the token is triggered. None where the system has none.
    pub(crate) fn seat(&self) -> std::io::Result<Option<Seat>> {
        let seat = self.0.counters.as_ref().map(Sources::seat).transpose()?;
        fence(Ordering::SeqCst);
        Ok(seat)
    }
}
