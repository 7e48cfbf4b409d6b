//! The identity of this process. A forked child must not unlock a guard of its parent, so every release checks it,
//! without a system call.
//!
//! On Linux the numbers are kept in a page that the kernel clears in every forked child (MADV_WIPEONFORK, madvise(2),
//! since 4.14): a zero there means a new process. Unlike a pthread_atfork(3) handler this also works for a raw
//! clone(2), and registers nothing.

use std::borrow::Cow;

/// This process's id.
pub(crate) fn id() -> u32 {
    #[cfg(linux)]
    if let Some(page) = wiped_on_fork::page() {
        return wiped_on_fork::kept(&page.id, std::process::id);
    }
    std::process::id()
}

/// A number that no ancestor of this process has. Its id is not enough: a parent and its child are
/// both process 1 when the child begins a pid namespace.
pub(crate) fn instance() -> u32 {
    #[cfg(linux)]
    if let Some(page) = wiped_on_fork::page() {
        use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
        // A child inherits the count, so its number is greater than its parent's.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        return wiped_on_fork::kept(&page.instance, || COUNT.fetch_add(1, Relaxed) + 1);
    }
    std::process::id()
}

/// A number that grows with every fork(2) of this process after the first call: before the fork and again after it,
/// because another thread can open or close a file during the fork. A raw clone(2) is not counted.
#[cfg(unix)]
pub(crate) fn forks() -> u32 {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
    static FORKS: AtomicU32 = AtomicU32::new(0);
    static COUNTING: AtomicBool = AtomicBool::new(false);

    extern "C" fn count() {
        FORKS.fetch_add(1, Relaxed);
    }
    if !COUNTING.load(Relaxed) && !COUNTING.swap(true, Relaxed) {
        // SAFETY: the handler changes one atomic number, and stays mapped with the library. If there is no memory for
        // it, forks are not counted.
        unsafe { libc::pthread_atfork(Some(count), Some(count), None) };
    }
    FORKS.load(Relaxed)
}

/// Whether a process with this pid exists in this pid namespace, another user's included.
#[cfg(unix)]
pub(crate) fn exists(pid: u32) -> bool {
    // 0 and negative numbers mean process groups.
    let Some(pid) = libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 0) else {
        return false;
    };
    // SAFETY: no memory is involved, and signal 0 sends nothing, kill(2).
    let result = unsafe { libc::kill(pid, 0) };
    result == 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH)
}

#[cfg(not(unix))]
pub(crate) fn exists(_pid: u32) -> bool {
    true
}

/// Whether two threads share one descriptor table. False if that cannot be determined. kcmp(2).
#[cfg(linux)]
pub(crate) fn share_descriptors(one: u32, other: u32) -> bool {
    const KCMP_FILES: libc::c_int = 2;
    // SAFETY: no memory is involved.
    unsafe { libc::syscall(libc::SYS_kcmp, one, other, KCMP_FILES, 0, 0) == 0 }
}

#[cfg(all(unix, not(linux), not(kinfo)))]
pub(crate) fn share_descriptors(_one: u32, _other: u32) -> bool {
    false
}

/// The name of this machine or container. gethostname(2).
#[cfg(unix)]
pub(crate) fn host_name() -> Option<String> {
    let mut name = [0u8; 256];
    // SAFETY: at most that many bytes are written. The last byte is not among them, so the name ends with a NUL.
    let result = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) };
    let end = name.iter().position(|byte| *byte == 0)?;
    (result == 0).then(|| String::from_utf8_lossy(&name[..end]).into_owned())
}

#[cfg(not(unix))]
pub(crate) fn host_name() -> Option<String> {
    None
}

/// A value that is made once in a process, and again in a forked child.
pub(crate) struct PerProcess<T: 'static> {
    newest: std::sync::atomic::AtomicPtr<Made<T>>,
}

struct Made<T: 'static> {
    value: T,
    owner: u32,
    /// The value of the process that this one was forked from. None is ever freed.
    _older: Option<&'static Made<T>>,
}

impl<T: Clone + Send + Sync> PerProcess<T> {
    pub(crate) const fn new() -> PerProcess<T> {
        PerProcess { newest: std::sync::atomic::AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// The value. One that is not worth keeping is made again at the next call.
    pub(crate) fn get(&self, make: impl FnOnce() -> T, is_worth_keeping: impl FnOnce(&T) -> bool) -> Cow<'static, T> {
        use std::sync::atomic::Ordering::{AcqRel, Acquire};

        let owner = instance();
        let newest = self.newest.load(Acquire);
        // SAFETY: what was published is never freed or changed.
        let known = unsafe { newest.as_ref() };
        if let Some(known) = known.filter(|known| known.owner == owner) {
            return Cow::Borrowed(&known.value);
        }
        let value = make();
        if !is_worth_keeping(&value) {
            return Cow::Owned(value);
        }
        let made = Box::into_raw(Box::new(Made { value, owner, _older: known }));
        let published = match self.newest.compare_exchange(newest, made, AcqRel, Acquire) {
            Ok(_) => made,
            Err(earlier) => {
                // SAFETY: another thread of this process was first; no other thread has seen this one.
                drop(unsafe { Box::from_raw(made) });
                earlier
            }
        };
        // SAFETY: as above.
        Cow::Borrowed(unsafe { &(*published).value })
    }
}

#[cfg(linux)]
mod wiped_on_fork {
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::*};

    /// The numbers that are kept. Zero at first, and again in every forked child.
    pub(super) struct Page {
        pub(super) id: AtomicU32,
        pub(super) instance: AtomicU32,
    }

    /// A mapping is made of whole pages.
    const SIZE: usize = 4096;

    /// The page, once it is made; it stays until the process ends.
    static PAGE: AtomicPtr<Page> = AtomicPtr::new(null_mut());
    /// Whether the kernel lacks such pages; tried once.
    static MISSING: AtomicBool = AtomicBool::new(false);

    pub(super) fn page() -> Option<&'static Page> {
        let mut page = PAGE.load(Acquire);
        if page.is_null() {
            if MISSING.load(Relaxed) {
                return None;
            }
            page = publish(make_page());
        }
        // SAFETY: a published page is mapped, aligned, zeroed and never unmapped.
        unsafe { page.as_ref() }
    }

    /// A number of this process, determined once. If several threads determine it, the first one's is kept.
    pub(super) fn kept(word: &AtomicU32, find: impl FnOnce() -> u32) -> u32 {
        let kept = word.load(Relaxed);
        if kept != 0 {
            return kept;
        }
        let found = find();
        word.compare_exchange(0, found, Relaxed, Relaxed).map_or_else(|earlier| earlier, |_| found)
    }

    /// Publishes the page, or unmaps it if another thread's was first.
    fn publish(page: *mut Page) -> *mut Page {
        if page.is_null() {
            MISSING.store(true, Relaxed);
            return page;
        }
        match PAGE.compare_exchange(null_mut(), page, AcqRel, Acquire) {
            Ok(_) => page,
            Err(earlier) => {
                // SAFETY: this thread has mapped the page and no other thread has seen it.
                unsafe { libc::munmap(page.cast(), SIZE) };
                earlier
            }
        }
    }

    fn make_page() -> *mut Page {
        // SAFETY: a new private mapping where the kernel chooses, so it overlaps nothing.
        let page = unsafe {
            libc::mmap(
                null_mut(),
                SIZE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if page == libc::MAP_FAILED {
            return null_mut();
        }
        // An emulator may ignore advice and report success: then it accepts advice that does not exist, too.
        // SAFETY: the advice is about the page just made, and changes no memory in this process.
        let honest = unsafe { libc::madvise(page, SIZE, -1) } != 0;
        // SAFETY: as above.
        if honest && unsafe { libc::madvise(page, SIZE, libc::MADV_WIPEONFORK) } == 0 {
            return page.cast();
        }
        // SAFETY: the page is this thread's alone.
        unsafe { libc::munmap(page, SIZE) };
        null_mut()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::{forks, id, instance};

    #[test]
    fn a_child_is_another_process() {
        assert_eq!(id(), std::process::id());
        let (parent, before) = (instance(), forks());
        assert_eq!(instance(), parent);
        // SAFETY: the child only compares numbers and leaves without running anything else.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let right = id() == std::process::id() && instance() != parent;
            // SAFETY: as above.
            unsafe { libc::_exit(if right { 0 } else { 1 }) };
        }
        let mut status = -1;
        // SAFETY: status has room for the answer.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0, "the child took itself for its parent");
        assert!(forks() > before, "the fork was not counted");
    }
}
