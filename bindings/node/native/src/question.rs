//! Questions about a workspace, which take no lock.

use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use napi::bindgen_prelude::{AsyncTask, Buffer, ToNapiValue, TypeName};
use napi_derive::napi;
use ralph_lock::{AcquireOptions, Filesystem, Inspection, LockError, LoopLock};

use crate::call::{Call, call};
use crate::target::Target;
use crate::values::{Failure, HolderValue};

/// The answer of `inspect`.
#[napi(object, object_from_js = false)]
pub struct InspectionValue {
    pub state: &'static str,
    pub holder: Option<HolderValue>,
}

#[napi]
pub fn inspect(root: Buffer, lock_file: Option<Buffer>) -> AsyncTask<Call<InspectionValue>> {
    ask(&root, lock_file, |root, options| {
        let (state, holder) = match LoopLock::inspect_with(root, options)? {
            Inspection::Free => ("free", None),
            Inspection::Held(holder) => ("held", holder),
            Inspection::Stale(holder) => ("stale", Some(holder)),
        };
        Ok(InspectionValue { state, holder: holder.as_deref().map(HolderValue::from) })
    })
}

#[napi]
pub fn signal_holder(signal: i32, root: Buffer, lock_file: Option<Buffer>) -> AsyncTask<Call<()>> {
    ask(&root, lock_file, move |root, options| LoopLock::signal_holder_with(root, signal, options))
}

#[napi]
pub fn find_keepers(root: Buffer, lock_file: Option<Buffer>) -> AsyncTask<Call<Vec<u32>>> {
    ask(&root, lock_file, |root, options| LoopLock::find_keepers_with(root, options))
}

#[napi]
pub fn read_existing(root: Buffer) -> AsyncTask<Call<Option<HolderValue>>> {
    ask(&root, None, |root, _| Ok(LoopLock::read_holder(root)?.as_ref().map(HolderValue::from)))
}

#[napi]
pub fn is_locked(root: Buffer) -> AsyncTask<Call<bool>> {
    ask(&root, None, |root, _| LoopLock::is_locked(root))
}

/// The workspace that a directory belongs to.
#[napi]
pub fn find_root(start: Buffer) -> AsyncTask<Call<Buffer>> {
    ask(&start, None, |start, _| Ok(LoopLock::find_root(start)?.into_os_string().into_vec().into()))
}

#[napi]
pub fn probe_filesystem(root: Buffer) -> AsyncTask<Call<String>> {
    ask(&root, None, |root, _| {
        let word = match LoopLock::probe_filesystem(root)? {
            Filesystem::Unknown => "unknown",
            Filesystem::Local => "local",
            Filesystem::Distributed => "distributed",
            Filesystem::NoLocks => "no-locks",
        };
        Ok(word.to_owned())
    })
}

fn ask<T: ToNapiValue + TypeName + Send + 'static>(
    root: &[u8],
    lock_file: Option<Buffer>,
    question: impl FnOnce(&Path, &AcquireOptions) -> Result<T, LockError> + Send + 'static,
) -> AsyncTask<Call<T>> {
    let target = Target::new(root, lock_file.as_deref());
    call(move || question(target.root.path(), &target.options()).map_err(|error| Failure::new(&target.root, &error)))
}
