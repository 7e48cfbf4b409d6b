//! Which process is this? A guard that a forked child inherited is not the child's to unlock, so
//! every release asks, and asking the kernel each time would cost a system call.
//!
//! On Linux the answer is kept in a page that the kernel clears in every forked child
//! (MADV_WIPEONFORK, madvise(2), since 4.14): a zero there means "new process, ask again". Unlike
//! a pthread_atfork(3) hook this holds for a raw clone(2) too, and leaves nothing registered.

/// This process's id.
pub(crate) fn id() -> u32 {
    #[cfg(target_os = "linux")]
    if let Some(kept) = wiped_on_fork::word() {
        use std::sync::atomic::Ordering::Relaxed;
        let id = kept.load(Relaxed);
        if id != 0 {
            return id;
        }
        kept.store(std::process::id(), Relaxed);
    }
    std::process::id()
}

#[cfg(target_os = "linux")]
mod wiped_on_fork {
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::*};

    const PAGE: usize = 4096;

    /// The page, once it is made; it stays until the process ends.
    static WORD: AtomicPtr<AtomicU32> = AtomicPtr::new(null_mut());
    /// The kernel has no such page; asked once.
    static MISSING: AtomicBool = AtomicBool::new(false);

    /// A word that is zero at first, and zero again in every forked child.
    pub(super) fn word() -> Option<&'static AtomicU32> {
        let mut word = WORD.load(Acquire);
        if word.is_null() {
            if MISSING.load(Relaxed) {
                return None;
            }
            word = publish(make_page());
        }
        // SAFETY: a published page is mapped, aligned, zeroed and never unmapped.
        unsafe { word.as_ref() }
    }

    /// Keeps the first page that any thread made, and gives back a second one.
    fn publish(page: *mut AtomicU32) -> *mut AtomicU32 {
        if page.is_null() {
            MISSING.store(true, Relaxed);
            return page;
        }
        match WORD.compare_exchange(null_mut(), page, AcqRel, Acquire) {
            Ok(_) => page,
            Err(earlier) => {
                // SAFETY: this thread has mapped the page and nobody else has seen it.
                unsafe { libc::munmap(page.cast(), PAGE) };
                earlier
            }
        }
    }

    fn make_page() -> *mut AtomicU32 {
        // SAFETY: a new private mapping where the kernel likes; it overlaps nothing.
        let page = unsafe {
            libc::mmap(
                null_mut(),
                PAGE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if page == libc::MAP_FAILED {
            return null_mut();
        }
        // An emulator that answers "fine" to advice that does not exist is not to be believed.
        // SAFETY: the advice is about the page just made, and changes no memory in this process.
        let honest = unsafe { libc::madvise(page, PAGE, -1) } != 0;
        // SAFETY: as above.
        if honest && unsafe { libc::madvise(page, PAGE, libc::MADV_WIPEONFORK) } == 0 {
            return page.cast();
        }
        // SAFETY: the page is this thread's alone.
        unsafe { libc::munmap(page, PAGE) };
        null_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::id;

    #[test]
    fn is_the_kernels_answer_here_and_in_a_child() {
        assert_eq!(id(), std::process::id());
        // SAFETY: the child only compares two numbers and leaves without running anything else.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let right = id() == std::process::id();
            // SAFETY: as above.
            unsafe { libc::_exit(if right { 0 } else { 1 }) };
        }
        let mut status = -1;
        // SAFETY: status has room for the answer.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0, "the child was told its parent's id");
    }
}
