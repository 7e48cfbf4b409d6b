//! The C ABI. What it exports is what these modules define with `no_mangle`; `abi/symbols.txt` is
//! the list, and a test compares it with the library that ships. The doc comments of the exported
//! functions become `include/ralph_lock.h`, so they speak to C programmers.
//!
//! Each exported function does three things: check its arguments, call safe Rust, map the result.
//! Every pointer that C passes in is read or written in `call` and nowhere else.

mod call;
mod catch;
mod failure;
mod handles;
mod strings;

// In the order in which the header presents them.
mod status;

mod guard;

mod find_root;

mod read;

mod inspect;

mod signal;

mod keepers;

mod probe;

mod handover;

mod options;

mod cancel;

mod waiter;

mod metadata;

mod error;

mod version;
