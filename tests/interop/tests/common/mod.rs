//! Starts other processes and waits for their output.

// Each test program uses only some of this.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use tempfile::TempDir;

/// An empty workspace, and its root as text.
pub fn workspace() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap().to_owned();
    (folder, root)
}

/// A process that prints lines, ended with the test.
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    pub fn start(command: &mut Command) -> Process {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Process { child, input, output }
    }

    /// Starts `peer` with these arguments.
    pub fn peer(arguments: &[&str]) -> Process {
        Process::start(Command::new(env!("CARGO_BIN_EXE_ralph-lock-interop")).args(arguments))
    }

    /// Starts `peer` and waits until it has printed that line.
    pub fn peer_that_says(arguments: &[&str], expected: &str) -> Process {
        let mut peer = Process::peer(arguments);
        peer.hear(expected);
        peer
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn say(&mut self) {
        writeln!(self.input.as_mut().unwrap()).unwrap();
    }

    pub fn hear(&mut self, expected: &str) {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), expected);
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Closes its input and waits for its end.
    pub fn finish(&mut self) -> ExitStatus {
        drop(self.input.take());
        self.child.wait().unwrap()
    }

    /// Waits until the kernel has it in a queue for a lock.
    pub fn wait_until_blocked(&self) {
        let waiting = format!(" {} ", self.pid());
        loop {
            let locks = std::fs::read_to_string("/proc/locks").unwrap();
            if locks.lines().any(|line| line.contains("-> FLOCK") && line.contains(&waiting)) {
                return;
            }
            std::thread::yield_now();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
