//! Tests the command-line tool with real processes, pipes, repositories and a terminal.

#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
mod common;

mod arguments;
mod asking;
mod harness;
mod nested;
mod repositories;
mod restoring;
mod running;
mod signals;
mod waiting;
mod workspaces;
mod worktrees;
