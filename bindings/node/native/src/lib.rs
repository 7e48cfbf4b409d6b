//! The Node package's addon: the Rust API of ralph_lock as functions that return promises. The JavaScript in ../src
//! checks arguments, makes errors and objects, and is the only caller.
//!
//! - A function that accesses a file system runs in libuv's thread pool ([`call`]).
//! - One thread does all waits of the process ([`wait`], [`poll`]).
//! - Every lock is in a table of its environment ([`environment`]); JavaScript has its number. Neither the garbage
//!   collector nor a worker that is terminated in the middle of a call can lose one.

#![deny(unsafe_code)]
// In a module's tests nothing is exported to JavaScript.
#![cfg_attr(test, allow(dead_code))]
// A failure becomes a JavaScript object, which takes longer than moving it.
#![allow(clippy::result_large_err)]

mod call;
mod descriptor;
mod environment;
mod lock;
mod mount;
mod poll;
mod question;
mod target;
mod values;
mod wait;

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

/// Called when an environment loads the addon.
#[napi(module_exports)]
pub fn load(_exports: Object, env: Env) -> napi::Result<()> {
    let environment = environment::open();
    env.add_env_cleanup_hook((), move |()| environment.close())?;
    Ok(())
}

/// Releases the environment's locks and ends its waits, for a runtime that calls no exit hook.
#[napi]
pub fn close() {
    environment::current().close();
}

/// The version of the crate and of the package.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
