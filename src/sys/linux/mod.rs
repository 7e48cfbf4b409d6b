//! Linux: what eventfd(2), pidfd_open(2), epoll(7) and inotify(7) provide.

pub(crate) mod event;
pub(crate) mod watch;
