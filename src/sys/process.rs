//! Which process is this? A guard that a forked child inherited is not the child's to unlock, so
//! every release asks, and asking the kernel each time would cost a system call.
//!
//! On Linux the answers are kept in a page that the kernel clears in every forked child
//! (MADV_WIPEONFORK, madvise(2), since 4.14): a zero there means "new process, ask again". Unlike
//! a pthread_atfork(3) hook this holds for a raw clone(2) too, and leaves nothing registered.

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
        // A child inherits the count, and so counts on from its parent's number.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        return wiped_on_fork::kept(&page.instance, || COUNT.fetch_add(1, Relaxed) + 1);
    }
    std::process::id()
}

/// A number that grows with every fork(3) of this process since it was first asked: before the fork,
/// and once more after it, as another thread can open or close a file while it lasts. A raw clone(2)
/// is not seen.
#[cfg(unix)]
pub(crate) fn forks() -> u32 {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
    static FORKS: AtomicU32 = AtomicU32::new(0);
    static COUNTING: AtomicBool = AtomicBool::new(false);

    extern "C" fn count() {
        FORKS.fetch_add(1, Relaxed);
    }
    if !COUNTING.load(Relaxed) && !COUNTING.swap(true, Relaxed) {
        // SAFETY: the handler touches one atomic, and the library stays mapped, so that it is there at
        // every fork. Should there be no memory for it, forks stay uncounted.
        unsafe { libc::pthread_atfork(Some(count), Some(count), None) };
    }
    FORKS.load(Relaxed)
}

/// Whether a process has that number in this pid namespace, another user's included.
#[cfg(unix)]
pub(crate) fn exists(pid: u32) -> bool {
    // 0 and negative numbers mean whole groups.
    let Some(pid) = libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 0) else {
        return false;
    };
    // SAFETY: no memory is involved, and signal 0 is none, kill(2).
    let result = unsafe { libc::kill(pid, 0) };
    result == 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH)
}

#[cfg(not(unix))]
pub(crate) fn exists(_pid: u32) -> bool {
    true
}

/// Whether two threads, of whatever process, share one descriptor table. False also where that cannot be told.
/// kcmp(2).
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

/// This machine's name, or this container's. gethostname(2).
#[cfg(unix)]
pub(crate) fn host_name() -> Option<String> {
    let mut name = [0u8; 256];
    // SAFETY: at most that many bytes are written. The last one is left out, so that there is a NUL.
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
    /// Those of the processes that this one was forked from. None is ever freed.
    _older: Option<&'static Made<T>>,
}

impl<T: Clone + Send + Sync> PerProcess<T> {
    pub(crate) const fn new() -> PerProcess<T> {
        PerProcess { newest: std::sync::atomic::AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// The value. One that is not worth keeping is made again the next time.
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

    /// What is kept; zero at first, and again in every forked child.
    pub(super) struct Page {
        pub(super) id: AtomicU32,
        pub(super) instance: AtomicU32,
    }

    /// A mapping is made of whole pages.
    const SIZE: usize = 4096;

    /// The page, once it is made; it stays until the process ends.
    static PAGE: AtomicPtr<Page> = AtomicPtr::new(null_mut());
    /// The kernel has no such page; asked once.
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

    /// A number of this process, found once; of several threads that find one, the first is right.
    pub(super) fn kept(word: &AtomicU32, find: impl FnOnce() -> u32) -> u32 {
        let kept = word.load(Relaxed);
        if kept != 0 {
            return kept;
        }
        let found = find();
        word.compare_exchange(0, found, Relaxed, Relaxed).map_or_else(|earlier| earlier, |_| found)
    }

    /// Keeps the first page that any thread made, and gives back a second one.
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
        // SAFETY: a new private mapping where the kernel likes; it overlaps nothing.
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
        // An emulator that answers "fine" to advice that does not exist is not to be believed.
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
