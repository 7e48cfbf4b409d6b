//! Runs ralph-core's own unit tests, unchanged, against this API.

#![allow(unused_imports)]

use std::{fs, process};

use chrono::Utc;
use ralph_lock::{LockError, LockGuard, LockMetadata, LoopLock};

include!(concat!(env!("OUT_DIR"), "/seed.rs"));
