//! A program under strace (tests/syscalls.c), whose system calls are counted, made to fail, or interrupted.

// Each test program uses only some of this.
#![allow(dead_code)]

use std::fs;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use ralph_lock::LoopLock;
use tempfile::TempDir;

use super::{compile, root, run};

/// A dead holder's record, so that every step of an acquire has something to do.
pub const LEFTOVER: &str = r#"{"pid":1,"started":"2026-01-01T00:00:00Z","prompt":"gone"}"#;

/// A workspace whose last holder died.
pub struct Workspace {
    folder: TempDir,
}

impl Workspace {
    pub fn new() -> Workspace {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let workspace = Workspace { folder };
        fs::create_dir_all(workspace.lock_file().parent().unwrap()).unwrap();
        fs::write(workspace.lock_file(), LEFTOVER).unwrap();
        workspace
    }

    /// In the kernel's spelling, with which strace compares.
    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("workspace")
    }

    pub fn lock_file(&self) -> PathBuf {
        self.root().join(LoopLock::LOCK_FILE)
    }

    /// Moves the lock file away and puts a new one in its place.
    pub fn replace(&self) -> PathBuf {
        let moved = self.folder.path().join("moved");
        fs::rename(self.lock_file(), &moved).unwrap();
        fs::write(self.lock_file(), "").unwrap();
        moved
    }

    /// Locks the file as a program that knows only the file.
    pub fn hold_file(&self) -> fs::File {
        let file = fs::File::open(self.lock_file()).unwrap();
        // SAFETY: the descriptor is open, and no memory is involved.
        assert_eq!(unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) }, 0);
        file
    }

    pub fn assert_blank(&self) {
        let text = fs::read_to_string(self.lock_file()).unwrap();
        assert!(text.trim().is_empty(), "the lock file is not blank: {text}");
    }

    /// Runs a step with injected faults in the system calls on the lock file and its directory, whether named by whole
    /// paths or below the root.
    pub fn inject(&self, faults: &[&str], step: &str) -> Running {
        let (file, below) = (self.lock_file(), Path::new(LoopLock::LOCK_FILE));
        self.inject_on(&[&file, file.parent().unwrap(), below, below.parent().unwrap()], faults, step)
    }

    /// The same for calls on the root itself.
    pub fn inject_on_root(&self, faults: &[&str], step: &str) -> Running {
        self.inject_on(&[&self.root()], faults, step)
    }

    fn inject_on(&self, paths: &[&Path], faults: &[&str], step: &str) -> Running {
        let mut options: Vec<&str> = paths.iter().flat_map(|path| ["-P", path.to_str().unwrap()]).collect();
        let faults: Vec<String> = faults.iter().map(|fault| format!("inject={fault}")).collect();
        options.extend(faults.iter().flat_map(|fault| ["-e", fault]));
        self.strace(&options, step)
    }

    pub fn strace(&self, options: &[&str], step: &str) -> Running {
        let log = self.folder.path().join("log");
        let strace = Command::new("strace")
            .arg("-f")
            .args(options)
            .arg("-o")
            .arg(&log)
            .arg(program())
            .arg(step)
            .arg(self.root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("strace: {error}; install strace for these tests"));
        Running { strace, log }
    }
}

/// The program, under strace.
pub struct Running {
    strace: Child,
    log: PathBuf,
}

impl Running {
    /// Waits until an injected signal has stopped the program.
    pub fn stopped(mut self) -> Stopped {
        loop {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            if let Some(line) = log.lines().find(|line| line.contains("--- stopped by SIGSTOP ---")) {
                let process = line.split(' ').next().expect("a line begins with the process").to_owned();
                return Stopped { running: Some(self), process };
            }
            if self.strace.try_wait().unwrap().is_some() {
                panic!("the program was never stopped:\n{}", self.wait().text());
            }
            thread::yield_now();
        }
    }

    pub fn wait(self) -> Traced {
        let output = self.strace.wait_with_output().unwrap();
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        // strace ends by the same signal as a program that is killed on purpose.
        let killed = log.contains("killed by SIGKILL");
        assert!(killed || output.status.success(), "{}\n{stdout}{stderr}{log}", output.status);
        Traced { stdout, log }
    }
}

/// The program, stopped right after a system call.
pub struct Stopped {
    running: Option<Running>,
    process: String,
}

impl Stopped {
    pub fn go_on(mut self) -> Traced {
        self.signal("CONT");
        self.running.take().expect("it goes on once").wait()
    }

    fn signal(&self, name: &str) {
        run(Command::new("sh").args(["-c", &format!("kill -{name} {}", self.process)]));
    }
}

impl Drop for Stopped {
    /// A failed test leaves no stopped process behind.
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            self.signal("KILL");
            running.strace.wait().unwrap();
        }
    }
}

/// The program's output, and strace's log.
pub struct Traced {
    pub stdout: String,
    pub log: String,
}

impl Traced {
    pub fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    pub fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.log)
    }

    /// Checks that it took the lock of the file at the path and released it.
    pub fn has_the_lock(&self, workspace: &Workspace) {
        let expected =
            ["acquire RALPH_LOCK_OK 0", "verify RALPH_LOCK_OK 0", "release RALPH_LOCK_OK", "again RALPH_LOCK_OK"];
        assert_eq!(self.lines(), expected, "{}", self.text());
        workspace.assert_blank();
    }
}

/// tests/syscalls.c, linked with the shared library.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("syscalls");
        compile(&root().join("tests/syscalls.c"), "so", &program);
        program
    })
}
