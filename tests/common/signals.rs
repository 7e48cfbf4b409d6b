//! Gives the programs that a test starts the signals and the umask of a login shell, even if the tests run under
//! `nohup` or in the background of a script, which ignore SIGHUP or SIGINT.

use std::ptr::{null, null_mut};

/// The loader calls this before `main`, while the process has one thread.
#[used]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_os = "macos"), unsafe(link_section = ".init_array"))]
static AT_START: extern "C" fn() = catch_what_is_ignored;

/// An ignored signal stays ignored across execve(2), and a caught one is reset to its default. So each ignored signal
/// gets a handler that does nothing, and the tests themselves still ignore it. No signal stays blocked.
extern "C" fn catch_what_is_ignored() {
    for signal in 1..=64 {
        // SAFETY: all of it is zero or set before it is used, and signals without an action are refused.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, null(), &mut action) == 0 && action.sa_sigaction == libc::SIG_IGN {
                action.sa_sigaction = do_nothing as extern "C" fn(libc::c_int) as usize;
                action.sa_flags = libc::SA_RESTART;
                libc::sigaction(signal, &action, null_mut());
            }
        }
    }
    // SAFETY: no memory is involved.
    unsafe { libc::umask(0o022) };
    // SAFETY: the set is initialized by sigemptyset.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, null_mut());
    }
}

extern "C" fn do_nothing(_signal: libc::c_int) {}
