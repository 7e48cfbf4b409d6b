//! Locks of other crates, measured: `ralph-lock-bench KIND ROOT` does what worker.h says of every measured program.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, stdin};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ralph_core::loop_lock::{LockError, LoopLock};

/// A lock as its own documentation shows it.
trait Lock {
    /// Takes it, which is the whole way from a path to a held lock.
    fn acquire(&mut self);
    fn release(&mut self);
    /// Tries to take it, and is refused; reads the holder, if the lock names it.
    fn refused(&mut self);
    fn file(&self) -> &Path;
    /// The process on record.
    fn record(&mut self) {
        panic!("it has no such operation");
    }
    fn is_locked(&mut self) {
        panic!("it has no such operation");
    }
}

struct RalphCore {
    root: PathBuf,
    file: PathBuf,
    held: Option<ralph_core::loop_lock::LockGuard>,
}

impl Lock for RalphCore {
    fn acquire(&mut self) {
        self.held = Some(LoopLock::try_acquire(&self.root, "benchmark").unwrap());
    }

    fn release(&mut self) {
        self.held = None;
    }

    fn refused(&mut self) {
        let refused = LoopLock::try_acquire(&self.root, "benchmark");
        assert!(matches!(refused, Err(LockError::AlreadyLocked(holder)) if holder.pid != 0));
    }

    fn file(&self) -> &Path {
        &self.file
    }

    fn record(&mut self) {
        assert!(LoopLock::read_existing(&self.root).unwrap().is_some());
    }

    fn is_locked(&mut self) {
        LoopLock::is_locked(&self.root).unwrap();
    }
}

struct FsLock {
    file: PathBuf,
    with_pid: bool,
    held: Option<fslock::LockFile>,
}

impl FsLock {
    fn try_lock(&self) -> Option<fslock::LockFile> {
        let mut lock = fslock::LockFile::open(&self.file).unwrap();
        let taken = if self.with_pid { lock.try_lock_with_pid() } else { lock.try_lock() };
        taken.unwrap().then_some(lock)
    }
}

impl Lock for FsLock {
    fn acquire(&mut self) {
        self.held = Some(self.try_lock().unwrap());
    }

    fn release(&mut self) {
        self.held.take().unwrap().unlock().unwrap();
    }

    fn refused(&mut self) {
        assert!(self.try_lock().is_none());
        if self.with_pid {
            // It writes the pid for others, but has no function that reads it.
            let pid = std::fs::read_to_string(&self.file).unwrap();
            assert_ne!(pid.trim().parse(), Ok(0));
        }
    }

    fn file(&self) -> &Path {
        &self.file
    }
}

fn open(file: &Path) -> File {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(file).unwrap()
}

struct FdLock {
    file: PathBuf,
    /// Its guard borrows the lock; a held one is kept by never dropping it.
    held: Option<(fd_lock::RwLockWriteGuard<'static, File>, *mut fd_lock::RwLock<File>)>,
}

impl Lock for FdLock {
    fn acquire(&mut self) {
        let lock = Box::into_raw(Box::new(fd_lock::RwLock::new(open(&self.file))));
        // SAFETY: no other pointer to the box exists, which lives until `release` drops the guard and then the box.
        self.held = Some((unsafe { &mut *lock }.try_write().unwrap(), lock));
    }

    fn release(&mut self) {
        let (guard, lock) = self.held.take().unwrap();
        drop(guard);
        // SAFETY: it came from a box, and its only borrow has just ended.
        drop(unsafe { Box::from_raw(lock) });
    }

    fn refused(&mut self) {
        assert!(fd_lock::RwLock::new(open(&self.file)).try_write().is_err());
    }

    fn file(&self) -> &Path {
        &self.file
    }
}

struct Fs4 {
    file: PathBuf,
    held: Option<File>,
}

impl Lock for Fs4 {
    fn acquire(&mut self) {
        let file = open(&self.file);
        assert!(fs4::fs_std::FileExt::try_lock_exclusive(&file).unwrap());
        self.held = Some(file);
    }

    fn release(&mut self) {
        fs4::fs_std::FileExt::unlock(&self.held.take().unwrap()).unwrap();
    }

    fn refused(&mut self) {
        assert!(!fs4::fs_std::FileExt::try_lock_exclusive(&open(&self.file)).unwrap());
    }

    fn file(&self) -> &Path {
        &self.file
    }
}

/// The time of releases alone, each after its lock file has reached the disk.
fn releases_after_disk(lock: &mut dyn Lock, count: u32) -> Duration {
    (0..count)
        .map(|_| {
            lock.acquire();
            File::open(lock.file()).unwrap().sync_all().unwrap();
            let begin = Instant::now();
            lock.release();
            begin.elapsed()
        })
        .sum()
}

fn time(count: u32, mut body: impl FnMut()) -> Duration {
    let begin = Instant::now();
    (0..count).for_each(|_| body());
    begin.elapsed()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, kind, root] = &arguments[..] else { panic!("usage: ralph-lock-bench KIND ROOT") };
    let file = Path::new(root).join("lock");
    let lock: &mut dyn Lock = match kind.as_str() {
        "ralph-core" => {
            let file = Path::new(root).join(LoopLock::LOCK_FILE);
            &mut RalphCore { root: root.into(), file, held: None }
        }
        "fslock" => &mut FsLock { file, with_pid: false, held: None },
        "fslock-pid" => &mut FsLock { file, with_pid: true, held: None },
        "fd-lock" => &mut FdLock { file, held: None },
        "fs4" => &mut Fs4 { file, held: None },
        _ => panic!("there is no {kind}"),
    };
    for line in stdin().lock().lines() {
        let line = line.unwrap();
        let (operation, count) = line.split_once(' ').unwrap();
        let count = count.parse().unwrap();
        let taken = match operation {
            "pair" => time(count, || {
                lock.acquire();
                lock.release();
            }),
            "disk" => releases_after_disk(lock, count),
            "take" => time(count, || lock.acquire()),
            "release" => time(count, || lock.release()),
            "refused" => time(count, || lock.refused()),
            "record" => time(count, || lock.record()),
            "locked" => time(count, || lock.is_locked()),
            _ => panic!("there is no operation {operation}"),
        };
        println!("{}", taken.as_nanos());
    }
}
