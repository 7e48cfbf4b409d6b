//! Ending waits from another thread.

#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
use crate::sys::event;
use crate::sys::process;

/// Ends every wait that it was given to, now and later, once it is triggered. Clones are the same
/// token. It is for the process that made it: a forked child makes one of its own.
#[derive(Debug, Clone)]
pub struct CancelToken(Arc<Token>);

#[derive(Debug)]
struct Token {
    triggered: AtomicBool,
    /// Readable once triggered. None where there is no such thing: then waits look by themselves.
    #[cfg(unix)]
    counter: Option<OwnedFd>,
    owner: u32,
}

impl CancelToken {
    /// A token that is not triggered. Fails where descriptors have run out.
    pub fn new() -> std::io::Result<CancelToken> {
        #[cfg(unix)]
        let counter = match event::new_counter() {
            Ok(counter) => Some(counter),
            Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => None,
            Err(error) => return Err(error),
        };
        Ok(CancelToken(Arc::new(Token {
            triggered: AtomicBool::new(false),
            #[cfg(unix)]
            counter,
            owner: process::instance(),
        })))
    }

    /// Ends the waits. A second time it does nothing, as in a forked child.
    pub fn trigger(&self) {
        if !self.is_own() || self.0.triggered.swap(true, Ordering::AcqRel) {
            return;
        }
        #[cfg(unix)]
        if let Some(counter) = &self.0.counter {
            event::raise(counter.as_fd());
        }
    }

    /// Whether it was triggered.
    pub fn is_triggered(&self) -> bool {
        self.0.triggered.load(Ordering::Acquire)
    }

    /// Whether this process made it. A forked child shares the descriptor with its parent, whose
    /// waits are not the child's to end.
    pub(crate) fn is_own(&self) -> bool {
        self.0.owner == process::instance()
    }

    #[cfg(unix)]
    pub(crate) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.0.counter.as_ref().map(OwnedFd::as_fd)
    }
}
