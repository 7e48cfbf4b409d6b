//! Ending waits from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

#[cfg(unix)]
use crate::sys::event::{Seat, Sources};
use crate::sys::process;

/// Ends every wait that it was given to, now and later, once it is triggered. Clones are the same
/// token. It is for the process that made it: a forked child makes one of its own.
#[derive(Debug, Clone)]
pub struct CancelToken(Arc<Token>);

#[derive(Debug)]
struct Token {
    triggered: AtomicBool,
    /// None where there is no such thing: then waits look by themselves.
    #[cfg(unix)]
    counters: Option<Arc<Sources>>,
    owner: u32,
}

impl CancelToken {
    /// A token that is not triggered. Fails where descriptors have run out.
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

    /// Ends the waits. A second time it does nothing, as in a forked child.
    pub fn trigger(&self) {
        if !self.is_own() || self.0.triggered.swap(true, Ordering::SeqCst) {
            return;
        }
        // A wait that takes a seat after this has seen all of them finds the token triggered.
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

    /// Whether this process made it. A forked child shares the descriptor with its parent, whose
    /// waits are not the child's to end.
    pub(crate) fn is_own(&self) -> bool {
        self.0.owner == process::instance()
    }
}

#[cfg(unix)]
impl CancelToken {
    /// What becomes readable once it is triggered, for the set of a wait. None where there is no such thing.
    pub(crate) fn seat(&self) -> std::io::Result<Option<Seat>> {
        let seat = self.0.counters.as_ref().map(Sources::seat).transpose()?;
        fence(Ordering::SeqCst);
        Ok(seat)
    }
}
