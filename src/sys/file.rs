//! Files by descriptor and path. Most functions are one system call (man section 2), repeated if a signal interrupts
//! it. A relative path is looked up below the given directory, or below the current one.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

// On 32 bits glibc's plain names fail with EOVERFLOW for a file above 2 GiB and for an inode number
// above 2^32.
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "32")))]
use libc::{fstat, fstatat, off_t, openat, pread, pwrite, readdir, stat as RawStat};
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "32"))]
use libc::{
    fstat64 as fstat, fstatat64 as fstatat, off64_t as off_t, openat64 as openat, pread64 as pread, pwrite64 as pwrite,
    readdir64 as readdir, stat64 as RawStat,
};

use super::number::opened;
use super::{check, errno, retry};

/// How every lock file is opened: not through a symbolic link, without waiting for a FIFO's other end, not as the
/// controlling terminal, and close-on-exec.
const ALWAYS: libc::c_int = libc::O_CLOEXEC | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;

/// The part of stat(2) that the library needs.
#[derive(Clone, Copy)]
pub(crate) struct Stat {
    pub identity: FileId,
    pub links: u64,
    pub size: u64,
    pub kind: Kind,
    pub user: u32,
    pub group: u32,
    /// The permission bits, with set-group-ID and sticky.
    pub mode: u32,
}

/// The identity of a file, unique among the files that exist at the same time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub(crate) struct FileId {
    pub device: u64,
    pub inode: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Regular,
    Directory,
    SymbolicLink,
    Fifo,
    Socket,
    Device,
}

/// The directory that a relative path is looked up in. None: the current one.
pub(crate) type Below<'a> = Option<BorrowedFd<'a>>;

pub(crate) fn open_read_write(below: Below<'_>, path: &CStr) -> io::Result<OwnedFd> {
    open(below, path, libc::O_RDWR)
}

pub(crate) fn open_read_only(below: Below<'_>, path: &CStr) -> io::Result<OwnedFd> {
    open(below, path, libc::O_RDONLY)
}

/// A directory, to lock it and to look up paths below it.
pub(crate) fn open_directory(below: Below<'_>, path: &CStr) -> io::Result<OwnedFd> {
    open_plainly(below, path, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC | libc::O_NOCTTY)
}

/// The same, but not through a symbolic link.
pub(crate) fn open_directory_itself(below: Below<'_>, path: &CStr) -> io::Result<OwnedFd> {
    open(below, path, libc::O_RDONLY | libc::O_DIRECTORY)
}

/// A directory, to look up paths below it, which needs no read permission. O_PATH, open(2).
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn open_to_look_up(path: &CStr) -> io::Result<OwnedFd> {
    open_plainly(None, path, libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn open_to_look_up(_path: &CStr) -> io::Result<OwnedFd> {
    Err(io::Error::from_raw_os_error(libc::EACCES))
}

/// A copy of the descriptor that stays open across exec. Its number is never that of a standard stream, to which a
/// child would write its output. F_DUPFD, fcntl(2).
pub(crate) fn inheritable_copy(file: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    // SAFETY: no memory is involved; the result is a new descriptor or -1.
    let fd = check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_DUPFD, 3) })?;
    // SAFETY: the descriptor has just been made, so it has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Whether it is open for reading, and for writing at any offset: with O_APPEND, pwrite(2) writes at the end. F_GETFL,
/// fcntl(2).
pub(crate) fn is_read_write(file: BorrowedFd<'_>) -> io::Result<bool> {
    // SAFETY: no memory is involved.
    let flags = check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) })?;
    Ok(flags & (libc::O_ACCMODE | libc::O_APPEND) == libc::O_RDWR)
}

/// Takes ownership of a descriptor that the caller passes by number.
pub(crate) fn own(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
    // SAFETY: it is open, and the caller gives up its ownership.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A new file in that directory, opened twice. It has no name, so it ends when both descriptors are closed. Not every
/// file system supports this. O_TMPFILE, open(2).
#[cfg(target_os = "linux")]
pub(crate) fn open_nameless(folder: &CStr) -> io::Result<[OwnedFd; 2]> {
    let first = open_plainly(None, folder, libc::O_TMPFILE | libc::O_RDWR | libc::O_CLOEXEC)?;
    let second = open_plainly(None, &path_of(first.as_fd())?, libc::O_RDWR | libc::O_CLOEXEC)?;
    Ok([first, second])
}

/// A path that leads to an open file. This thread's: it can have its own descriptor table, and the first thread's is gone
/// once it has ended.
#[cfg(target_os = "linux")]
pub(in crate::sys) fn path_of(file: BorrowedFd<'_>) -> io::Result<std::ffi::CString> {
    Ok(std::ffi::CString::new(format!("/proc/thread-self/fd/{}", file.as_raw_fd()))?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn open_nameless(_folder: &CStr) -> io::Result<[OwnedFd; 2]> {
    Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
}

/// Creates a file. EEXIST if something has that name already.
pub(crate) fn create_new(below: Below<'_>, path: &CStr) -> io::Result<OwnedFd> {
    open(below, path, libc::O_RDWR | libc::O_CREAT | libc::O_EXCL)
}

pub(crate) fn remove(below: Below<'_>, path: &CStr) -> io::Result<()> {
    // SAFETY: the path is NUL-terminated and lives through the call.
    retry(|| check(unsafe { libc::unlinkat(directory(below), path.as_ptr(), 0) })).map(drop)
}

fn open(below: Below<'_>, path: &CStr, flags: libc::c_int) -> io::Result<OwnedFd> {
    open_plainly(below, path, flags | ALWAYS)
}

fn open_plainly(below: Below<'_>, path: &CStr, flags: libc::c_int) -> io::Result<OwnedFd> {
    let mode: libc::c_uint = 0o666;
    // SAFETY: the path is NUL-terminated and lives through the call; openat writes no memory.
    retry(|| opened(unsafe { openat(directory(below), path.as_ptr(), flags, mode) }))
}

fn directory(below: Below<'_>) -> RawFd {
    below.map_or(libc::AT_FDCWD, |directory| directory.as_raw_fd())
}

/// Creates a directory. False: something has that name already.
pub(crate) fn make_directory(below: Below<'_>, path: &CStr) -> io::Result<bool> {
    // SAFETY: the path is NUL-terminated and lives through the call.
    match retry(|| check(unsafe { libc::mkdirat(directory(below), path.as_ptr(), 0o777) })) {
        Ok(_) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::EEXIST) => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) fn stat(file: BorrowedFd<'_>) -> io::Result<Stat> {
    let mut raw = MaybeUninit::uninit();
    // SAFETY: the descriptor is open while it is borrowed, and raw has room for one struct stat.
    retry(|| check(unsafe { fstat(file.as_raw_fd(), raw.as_mut_ptr()) }))?;
    // SAFETY: fstat succeeded, so it filled raw.
    Ok(Stat::from(unsafe { raw.assume_init() }))
}

/// What is at the path. A symbolic link there is not followed.
pub(crate) fn stat_path(below: Below<'_>, path: &CStr) -> io::Result<Stat> {
    stat_at(below, path, libc::AT_SYMLINK_NOFOLLOW)
}

/// The same, but a symbolic link is followed.
pub(crate) fn stat_target(path: &CStr) -> io::Result<Stat> {
    stat_at(None, path, 0)
}

fn stat_at(below: Below<'_>, path: &CStr, flags: libc::c_int) -> io::Result<Stat> {
    let mut raw = MaybeUninit::uninit();
    // SAFETY: the path is NUL-terminated, and raw has room for one struct stat.
    retry(|| check(unsafe { fstatat(directory(below), path.as_ptr(), raw.as_mut_ptr(), flags) }))?;
    // SAFETY: fstatat succeeded, so it filled raw.
    Ok(Stat::from(unsafe { raw.assume_init() }))
}

/// Reads the beginning of a symbolic link's text, as much as fits, and returns its length. readlink(2).
#[cfg(not(kinfo))]
pub(crate) fn read_link(path: &CStr, text: &mut [u8]) -> io::Result<usize> {
    retry(|| {
        // SAFETY: the path is NUL-terminated, and at most text.len() bytes are written to the text.
        let length = unsafe { libc::readlink(path.as_ptr(), text.as_mut_ptr().cast(), text.len()) };
        usize::try_from(length).map_err(|_| io::Error::last_os_error())
    })
}

/// The whole text of a file in proc(5). Such files are short, and stat(2) does not tell their size.
pub(crate) fn read_all(path: &CStr) -> io::Result<Vec<u8>> {
    let file = open_read_only(None, path)?;
    let mut text = Vec::new();
    loop {
        let until = text.len() + 4096;
        if read_on(file.as_fd(), false, &mut text, until)? == 0 {
            return Ok(text);
        }
    }
}

/// The names in a directory that are numbers, as those of processes and descriptors in proc(5).
#[cfg(not(kinfo))]
pub(crate) fn numbers_in(path: &CStr) -> io::Result<Vec<u32>> {
    retry(|| try_numbers_in(path))
}

#[cfg(not(kinfo))]
fn try_numbers_in(path: &CStr) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    each_name_in(open_directory(None, path)?, |name| {
        numbers.extend(name.to_str().ok().and_then(|name| name.parse::<u32>().ok()));
    })?;
    Ok(numbers)
}

/// Whether a directory is empty.
pub(crate) fn is_empty(directory: BorrowedFd<'_>) -> io::Result<bool> {
    let mut is_empty = true;
    // Opened again, because reading moves the descriptor's offset.
    each_name_in(open_directory(Some(directory), c".")?, |name| is_empty &= name == c"." || name == c"..")?;
    Ok(is_empty)
}

/// Calls the function with each name in a directory. readdir(3).
fn each_name_in(directory: OwnedFd, mut body: impl FnMut(&CStr)) -> io::Result<()> {
    let opened = directory.into_raw_fd();
    // SAFETY: the descriptor is open, and belongs to the stream from now on.
    let stream = unsafe { libc::fdopendir(opened) };
    if stream.is_null() {
        let error = io::Error::last_os_error();
        // SAFETY: fdopendir failed and did not take it, so it has no other owner.
        drop(unsafe { OwnedFd::from_raw_fd(opened) });
        return Err(error);
    }
    let end = loop {
        // Only errno distinguishes an error from the end of the directory.
        errno::set(0);
        // SAFETY: the stream is open, and no other thread has it.
        let entry = unsafe { readdir(stream) };
        if entry.is_null() {
            break io::Error::last_os_error();
        }
        // SAFETY: the name is NUL-terminated, and valid until the next entry is read.
        body(unsafe { CStr::from_ptr((&raw const (*entry).d_name).cast()) });
    };
    // SAFETY: the stream is open, and not used afterwards.
    unsafe { libc::closedir(stream) };
    if end.raw_os_error() == Some(0) { Ok(()) } else { Err(end) }
}

// The width of these fields differs between systems.
#[allow(clippy::unnecessary_cast)]
impl From<RawStat> for Stat {
    fn from(raw: RawStat) -> Stat {
        Stat {
            identity: FileId { device: raw.st_dev as u64, inode: raw.st_ino as u64 },
            links: raw.st_nlink as u64,
            size: raw.st_size as u64,
            kind: match raw.st_mode & libc::S_IFMT {
                libc::S_IFREG => Kind::Regular,
                libc::S_IFDIR => Kind::Directory,
                libc::S_IFLNK => Kind::SymbolicLink,
                libc::S_IFIFO => Kind::Fifo,
                libc::S_IFSOCK => Kind::Socket,
                _ => Kind::Device,
            },
            user: raw.st_uid,
            group: raw.st_gid,
            mode: raw.st_mode as u32 & 0o7777,
        }
    }
}

/// Reads the file from where the text ends, until the text has the length `until` or one system call has ended. Returns
/// the number of bytes read; 0 means the end of the file. `past_cache`: reads what other machines have written too,
/// past this machine's cache (O_DIRECT, open(2)); from the cache if the file system does not support that.
pub(crate) fn read_on(file: BorrowedFd<'_>, past_cache: bool, text: &mut Vec<u8>, until: usize) -> io::Result<usize> {
    let length = text.len();
    text.try_reserve_exact(until - length).map_err(|_| io::Error::from_raw_os_error(libc::ENOMEM))?;
    let room = &mut text.spare_capacity_mut()[..until - length];
    let count = if past_cache { read_past_cache(file, room, length)? } else { read_known(file, room, length)? };
    // SAFETY: that many bytes were filled.
    unsafe { text.set_len(length + count) };
    Ok(count)
}

fn read_known(file: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>], offset: usize) -> io::Result<usize> {
    retry(|| {
        // SAFETY: pread writes at most buffer.len() bytes, all of them inside the buffer.
        let count = unsafe { pread(file.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), offset as off_t) };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    })
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn read_past_cache(file: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>], offset: usize) -> io::Result<usize> {
    // SAFETY: no memory is involved.
    let flags = check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) })?;
    // SAFETY: no memory is involved.
    if check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, flags | libc::O_DIRECT) }).is_err() {
        return read_known(file, buffer, offset);
    }
    let count = read_known(file, buffer, offset);
    // SAFETY: no memory is involved.
    check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, flags) })?;
    match count {
        // The file system supports it only for whole blocks.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => read_known(file, buffer, offset),
        count => count,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn read_past_cache(file: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>], offset: usize) -> io::Result<usize> {
    read_known(file, buffer, offset)
}

/// Writes at an offset. Returns the number of bytes written, which can be fewer than the buffer has.
pub(crate) fn write_at(file: BorrowedFd<'_>, buffer: &[u8], offset: usize) -> io::Result<usize> {
    retry(|| {
        // SAFETY: pwrite reads at most buffer.len() bytes, all of them inside the buffer.
        let count = unsafe { pwrite(file.as_raw_fd(), buffer.as_ptr().cast(), buffer.len(), offset as off_t) };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    })
}

/// Makes the file empty.
pub(crate) fn truncate(file: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: ftruncate takes an open descriptor and touches no memory.
    retry(|| check(unsafe { libc::ftruncate(file.as_raw_fd(), 0) })).map(drop)
}

/// Sends what was written to the server, where other machines see it.
pub(crate) fn sync(file: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: fsync takes an open descriptor and touches no memory.
    retry(|| check(unsafe { libc::fsync(file.as_raw_fd()) })).map(drop)
}

/// Sets the file's times to now.
pub(crate) fn touch(file: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: futimens takes an open descriptor; NULL times mean now.
    retry(|| check(unsafe { libc::futimens(file.as_raw_fd(), std::ptr::null()) })).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_file_above_2_gib_is_opened_and_measured() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(3 << 30).unwrap();
        let path = std::ffi::CString::new(file.path().as_os_str().as_bytes()).unwrap();
        let opened = open_read_write(None, &path).unwrap();
        assert_eq!(stat(opened.as_fd()).unwrap().size, 3 << 30);
        assert_eq!(stat_path(None, &path).unwrap().size, 3 << 30);
        truncate(opened.as_fd()).unwrap();
        assert_eq!(stat_path(None, &path).unwrap().size, 0);
    }

    #[test]
    fn a_read_in_pieces_is_whole() {
        use std::io::Write;
        let content: Vec<u8> = (0..5000_u32).map(|number| number as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&content).unwrap();
        let mut text = Vec::new();
        for until in [10, 400, 513, 5_000, 6_000] {
            read_on(file.as_fd(), false, &mut text, until).unwrap();
            assert_eq!(text, content[..until.min(5_000)]);
        }
        assert!(
            read_on(file.as_fd(), false, &mut text, usize::MAX / 2)
                .is_err_and(|error| error.raw_os_error() == Some(libc::ENOMEM))
        );
    }
}
