//! Finds the mount of a path without touching any mount that may not answer.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// File systems on this machine's disks and memory. Any other one may depend on a server or a program.
const LOCAL: [&str; 16] = [
    "bcachefs", "btrfs", "devtmpfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "ramfs", "rootfs",
    "tmpfs", "vfat", "xfs", "zfs",
];

/// As in open(2).
const MAX_LINKS: usize = 40;

struct Mount {
    point: PathBuf,
    device: String,
    is_local: bool,
}

/// The device of the first mount that is not local on the way to the path, or None. The path is absolute. Symbolic
/// links are followed as far as local mounts go: to read one on another mount may never end.
pub(crate) fn of_others(path: &Path) -> Option<String> {
    let mounts = mounts(&fs::read("/proc/self/mountinfo").ok()?);
    let mut rest = parts(path);
    let mut here = PathBuf::from("/");
    let mut links = 0;
    loop {
        // The last one with the longest path, which covers the earlier ones.
        let mount = mounts
            .iter()
            .filter(|mount| here.starts_with(&mount.point))
            .max_by_key(|mount| mount.point.as_os_str().len());
        if let Some(mount) = mount.filter(|mount| !mount.is_local) {
            return Some(mount.device.clone());
        }
        let part = rest.pop()?;
        if part == ".." {
            here.pop();
            continue;
        }
        here.push(&part);
        // A mount that begins here is checked in the next turn, before the disk is touched.
        if mounts.iter().any(|mount| mount.point == here) {
            continue;
        }
        if let Ok(target) = fs::read_link(&here) {
            links += 1;
            if links > MAX_LINKS {
                return None;
            }
            if target.is_absolute() {
                here = PathBuf::from("/");
            } else {
                here.pop();
            }
            rest.extend(parts(&target));
        }
    }
}

/// The components of a path, the last one first.
fn parts(path: &Path) -> Vec<OsString> {
    use std::path::Component::{Normal, ParentDir};
    path.components()
        .rev()
        .filter(|part| matches!(part, Normal(_) | ParentDir))
        .map(|part| part.as_os_str().into())
        .collect()
}

/// proc_pid_mountinfo(5): the device is the third field, the mount point the fifth, and the type follows a hyphen.
fn mounts(text: &[u8]) -> Vec<Mount> {
    text.split(|byte| *byte == b'\n').filter_map(mount).collect()
}

fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let device = String::from_utf8_lossy(fields.nth(2)?).into_owned();
    let point = PathBuf::from(OsString::from_vec(unescape(fields.nth(1)?)));
    fields.find(|field| *field == b"-")?;
    let kind = fields.next()?;
    Some(Mount { point, device, is_local: LOCAL.iter().any(|local| local.as_bytes() == kind) })
}

/// Space, tab, line feed and backslash are written in octal, as in "\040".
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((byte, after)) = rest.split_first() {
        let octal = after.first_chunk::<3>().filter(|_| *byte == b'\\');
        let value = octal.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        text.push(value.unwrap_or(*byte));
        rest = if value.is_some() { &after[3..] } else { after };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_mountinfo_is_read() {
        let line = br"36 35 98:0 /mnt1 /mnt/a\040b\134 rw,noatime master:1 - fuse.sshfs host:/dir rw,errors=continue";
        let mount = mount(line).unwrap();
        assert_eq!((mount.point, &*mount.device, mount.is_local), (r"/mnt/a b\".into(), "98:0", false));
        assert!(mounts(b"1 1 0:5 / / rw - ext4 /dev/root rw\n").iter().all(|mount| mount.is_local));
    }

    #[test]
    fn a_mount_that_is_not_local_is_found_through_links() {
        let scratch = std::env::temp_dir().join(format!("ralph-lock-mount-{}", std::process::id()));
        fs::create_dir(&scratch).unwrap();
        std::os::unix::fs::symlink("/proc/self", scratch.join("link")).unwrap();
        std::os::unix::fs::symlink("loop", scratch.join("loop")).unwrap();
        assert_eq!(of_others(&scratch.join("x/y")), None);
        assert!(of_others(Path::new("/proc/1")).is_some());
        assert_eq!(of_others(&scratch.join("link/x")), of_others(Path::new("/proc")));
        assert_eq!(of_others(&scratch.join("loop/x")), None);
        assert_eq!(of_others(&scratch.join("link/../../tmp")), of_others(Path::new("/proc")));
        fs::remove_dir_all(&scratch).unwrap();
    }
}
