//! What the libc crate lacks, with the header that declares it.

#[cfg(target_os = "macos")]
pub(super) use macos::*;

#[cfg(target_os = "macos")]
mod macos {
    /// `<sys/proc_info.h>`: the argument with which proc_pidinfo(3) describes a zombie too.
    pub(crate) const WITH_ZOMBIES: u64 = 1;

    /// `<sys/proc_info.h>`: the flavor of proc_pidfdinfo(3) that fills a [`vnode_fdinfo`].
    pub(crate) const PROC_PIDFDVNODEINFO: libc::c_int = 1;

    /// `<sys/fcntl.h>`, for the kernel: the open file has or had an flock(2) lock.
    pub(crate) const FWASLOCKED: u32 = 0x4000;

    /// `<sys/proc_info.h>`.
    #[repr(C)]
    #[allow(non_camel_case_types)]
    pub(crate) struct proc_fileinfo {
        pub(crate) fi_openflags: u32,
        pub(crate) fi_status: u32,
        pub(crate) fi_offset: libc::off_t,
        pub(crate) fi_type: i32,
        pub(crate) fi_guardflags: u32,
    }

    /// `<sys/proc_info.h>`.
    #[repr(C)]
    #[allow(non_camel_case_types)]
    pub(crate) struct vnode_fdinfo {
        pub(crate) pfi: proc_fileinfo,
        pub(crate) pvi: libc::vnode_info,
    }
}

/// `<sys/user.h>`, FreeBSD 12 and later: the part `kf_un.kf_file` of a `struct kinfo_file`, up to the file's number.
#[cfg(target_os = "freebsd")]
#[repr(C)]
#[allow(non_camel_case_types)]
pub(super) struct kf_file {
    pub(super) kf_file_type: libc::c_int,
    kf_spareint: [libc::c_int; 3],
    kf_spareint64: [u64; 30],
    pub(super) kf_file_fsid: u64,
    pub(super) kf_file_rdev: u64,
    pub(super) kf_file_fileid: u64,
}
