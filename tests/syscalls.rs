//! What the library asks of the kernel, seen and disturbed with strace: how many system calls a step
//! takes, what becomes of one that fails, and what happens when the lock file is replaced, or the
//! process dies, between any two of them.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use common::{STRICT, cc, linkages, root, run};
use ralph_lock::{LockError, LoopLock};
use tempfile::TempDir;

/// What is left of an earlier holder, so that every step of an acquire has something to do.
const LEFTOVER: &str = r#"{"pid":1,"started":"2026-01-01T00:00:00Z","prompt":"gone"}"#;

#[test]
fn an_uncontended_acquire_and_release_take_at_most_nine_calls() {
    takes_at_most(9, "count-pair");
}

#[test]
fn a_refusal_takes_at_most_seven_calls() {
    takes_at_most(7, "count-refused");
}

#[test]
fn reading_the_record_takes_at_most_five_calls() {
    takes_at_most(5, "count-read");
}

fn takes_at_most(limit: usize, step: &str) {
    let workspace = Workspace::new();
    let traced = workspace.strace(&["-e", "trace=all"], step).wait();
    let calls: Vec<&str> = traced.log.lines().filter(|line| !line.contains("+++")).collect();
    let marks: Vec<usize> = (0..calls.len()).filter(|&index| calls[index].contains(" getppid()")).collect();
    let [begin, end] = marks[..] else { panic!("the step is not marked:\n{}", traced.log) };
    let counted = &calls[begin + 1..end];
    assert!(!counted.is_empty(), "nothing was counted:\n{}", traced.log);
    assert!(counted.len() <= limit, "{} calls instead of {limit}:\n{}", counted.len(), counted.join("\n"));
}

#[test]
fn a_lock_that_the_kernel_cannot_give_is_no_refusal() {
    for step in ["try", "wait"] {
        for (name, code) in [("ENOLCK", libc::ENOLCK), ("EIO", libc::EIO), ("EBADF", libc::EBADF)] {
            fails(step, &[&format!("flock:error={name}:when=1")], &format!("RALPH_LOCK_IO {code}"));
        }
        for (name, code) in [("ENOSYS", libc::ENOSYS), ("EOPNOTSUPP", libc::EOPNOTSUPP)] {
            let expected = format!("RALPH_LOCK_UNSUPPORTED_FILESYSTEM {code}");
            fails(step, &[&format!("flock:error={name}:when=1")], &expected);
        }
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_no_refusal() {
    let codes = [
        ("EMFILE", libc::EMFILE),
        ("ENFILE", libc::ENFILE),
        ("ENOMEM", libc::ENOMEM),
        ("EPERM", libc::EPERM),
        ("ESTALE", libc::ESTALE),
        // Here it is opened for reading, and found to be free.
        ("EACCES", libc::EACCES),
        ("EROFS", libc::EROFS),
    ];
    for step in ["try", "wait"] {
        for (name, code) in codes {
            fails(step, &[&format!("openat:error={name}:when=1")], &format!("RALPH_LOCK_IO {code}"));
        }
    }
}

#[test]
fn a_record_that_cannot_be_written_gives_the_lock_back() {
    for (name, code) in [("ENOSPC", libc::ENOSPC), ("EIO", libc::EIO), ("EDQUOT", libc::EDQUOT)] {
        fails("try", &[&format!("pwrite64:error={name}:when=1")], &format!("RALPH_LOCK_IO {code}"));
        fails("wait", &[&format!("pwrite64:error={name}:when=1")], &format!("RALPH_LOCK_IO {code}"));
        // Nobody knows the file system, which therefore counts as shared: it is told to sync.
        let shared = "fstatfs:error=EIO:when=1";
        fails("try", &[shared, &format!("fsync:error={name}:when=1")], &format!("RALPH_LOCK_IO {code}"));
    }
}

/// Injects faults into an acquire of a free lock. The next acquire works, and the file ends blank.
fn fails(step: &str, faults: &[&str], expected: &str) {
    let workspace = Workspace::new();
    let traced = workspace.inject(faults, step).wait();
    assert_eq!(traced.lines(), [format!("acquire {expected}"), "again RALPH_LOCK_OK".to_owned()], "{faults:?}");
    workspace.assert_blank();
}

#[test]
fn no_failing_call_makes_a_free_lock_look_held() {
    for (name, code) in [("EIO", libc::EIO), ("ENOSPC", libc::ENOSPC), ("EPERM", libc::EPERM)] {
        let failed = format!("acquire RALPH_LOCK_IO {code}");
        for fault in each_call(&format!("error={name}")) {
            let workspace = Workspace::new();
            let traced = workspace.inject(&[&fault], "try").wait();
            let lines = traced.lines();
            assert!(lines[0] == failed || lines[0] == "acquire RALPH_LOCK_OK 0", "{}", traced.text());
            assert_eq!(lines.last(), Some(&"again RALPH_LOCK_OK"), "{}", traced.text());
            workspace.assert_blank();
        }
    }
}

#[test]
fn an_interrupted_call_is_repeated() {
    for fault in each_call("error=EINTR") {
        let workspace = Workspace::new();
        let traced = workspace.inject(&[&fault], "try").wait();
        assert!(traced.log.contains("(INJECTED)"), "{fault}: {}", traced.text());
        traced.has_the_lock(&workspace);
    }
    for (step, fault) in [("read", "openat"), ("read", "pread64"), ("ask", "openat"), ("ask", "flock")] {
        let workspace = Workspace::new();
        let traced = workspace.inject(&[&format!("{fault}:error=EINTR:when=1")], step).wait();
        assert!(traced.log.contains("(INJECTED)"), "{}", traced.text());
        let expected = if step == "read" { "read RALPH_LOCK_OK 0 gone" } else { "free RALPH_LOCK_OK 0" };
        assert_eq!(traced.lines(), [expected], "{}", traced.text());
    }
}

#[test]
fn an_interrupted_wait_ends() {
    fails("wait", &["flock:error=EINTR:when=1"], "RALPH_LOCK_INTERRUPTED 0");
}

#[test]
fn a_crash_between_any_two_calls_leaves_a_free_lock_and_no_mixture() {
    for crash in each_call("signal=SIGKILL") {
        let workspace = Workspace::new();
        workspace.inject(&[&crash], "try").wait();
        // The killed one left the old record, its own, or a blank file.
        match LoopLock::read_existing(workspace.root()).unwrap() {
            Some(left) => assert!(["gone", "traced"].contains(&left.prompt.as_str()), "{crash}: {left:?}"),
            None => workspace.assert_blank(),
        }
        assert!(!LoopLock::is_locked(workspace.root()).unwrap(), "{crash}");
        LoopLock::try_acquire(workspace.root(), "next").unwrap().release().unwrap();
        workspace.assert_blank();
    }
}

/// One disturbance for each system call on the lock file from open to close, in an acquire and
/// release that has a leftover record to remove. The close itself is left out: what is disturbed is
/// not carried out, which for a close says nothing about this library.
fn each_call(disturbance: &str) -> Vec<String> {
    let traced = Workspace::new().inject(&[], "try").wait();
    let mut calls: Vec<&str> = Vec::new();
    for line in traced.log.lines() {
        let call = line.split_whitespace().nth(1).and_then(|call| call.split('(').next()).unwrap_or_default();
        if call == "close" {
            break;
        }
        calls.push(call);
    }
    assert!(calls.len() > 8, "the calls on the lock file were not seen:\n{}", traced.text());
    let number = |index: usize| calls[..=index].iter().filter(|call| **call == calls[index]).count();
    (0..calls.len()).map(|index| format!("{}:{disturbance}:when={}", calls[index], number(index))).collect()
}

#[test]
fn a_file_removed_between_open_and_lock_is_not_locked() {
    for step in ["try", "wait"] {
        let workspace = Workspace::new();
        let stopped = workspace.inject(&["openat:signal=SIGSTOP:when=1"], step).stopped();
        fs::remove_dir_all(workspace.lock_file().parent().unwrap()).unwrap();
        stopped.go_on().has_the_lock(&workspace);
    }
}

#[test]
fn a_file_replaced_between_open_and_lock_is_not_locked() {
    for step in ["try", "wait"] {
        let workspace = Workspace::new();
        let stopped = workspace.inject(&["openat:signal=SIGSTOP:when=1"], step).stopped();
        let moved = workspace.replace();
        stopped.go_on().has_the_lock(&workspace);
        assert_eq!(fs::read_to_string(moved).unwrap(), LEFTOVER, "the file that was moved away was written to");
    }
}

#[test]
fn a_file_removed_between_lock_and_look_is_not_locked() {
    for step in ["try", "wait"] {
        let workspace = Workspace::new();
        let stopped = workspace.inject(&["flock:signal=SIGSTOP:when=1"], step).stopped();
        fs::remove_file(workspace.lock_file()).unwrap();
        stopped.go_on().has_the_lock(&workspace);
    }
}

#[test]
fn a_folder_removed_before_the_file_is_made_is_made_again() {
    let workspace = Workspace::new();
    let folder = workspace.lock_file().parent().unwrap().to_owned();
    fs::remove_dir_all(&folder).unwrap();
    let stopped = workspace.inject(&["mkdir:signal=SIGSTOP:when=1"], "try").stopped();
    fs::remove_dir(&folder).unwrap();
    stopped.go_on().has_the_lock(&workspace);
}

#[test]
fn a_contender_whose_file_was_removed_takes_the_new_one() {
    // After its open; after its exclusive try, which fails; after its shared one, which fails too.
    for moment in ["openat:signal=SIGSTOP:when=1", "flock:signal=SIGSTOP:when=1", "flock:signal=SIGSTOP:when=2"] {
        let workspace = Workspace::new();
        let first = LoopLock::try_acquire(workspace.root(), "first").unwrap();
        let stopped = workspace.inject(&[moment], "try").stopped();
        fs::remove_file(workspace.lock_file()).unwrap();
        assert!(matches!(first.verify(), Err(LockError::Lost { .. })));
        stopped.go_on().has_the_lock(&workspace);
    }
}

#[test]
fn a_nameless_holder_of_a_file_that_was_moved_away_is_nobody() {
    let workspace = Workspace::new();
    let _first = LoopLock::try_acquire(workspace.root(), "first").unwrap();
    // As if flock(1) had the lock, which leaves no record.
    fs::write(workspace.lock_file(), "").unwrap();
    let stopped = workspace.inject(&["flock:signal=SIGSTOP:when=1"], "try").stopped();
    workspace.replace();
    stopped.go_on().has_the_lock(&workspace);
}

#[test]
fn a_contender_is_told_who_holds_the_file_at_the_path() {
    for moment in ["openat:signal=SIGSTOP:when=1", "flock:signal=SIGSTOP:when=1", "flock:signal=SIGSTOP:when=2"] {
        let workspace = Workspace::new();
        let _first = LoopLock::try_acquire(workspace.root(), "first").unwrap();
        let stopped = workspace.inject(&[moment], "try").stopped();
        fs::remove_file(workspace.lock_file()).unwrap();
        let _second = LoopLock::try_acquire(workspace.root(), "second").unwrap();
        let traced = stopped.go_on();
        assert_eq!(traced.lines()[0], "acquire RALPH_LOCK_ALREADY_LOCKED 0 second", "{}", traced.text());
    }
}

#[test]
fn is_locked_is_about_the_file_at_the_path() {
    for (moment, held) in [("openat", true), ("openat", false), ("flock", true), ("flock", false)] {
        let workspace = Workspace::new();
        let first = held.then(|| LoopLock::try_acquire(workspace.root(), "first").unwrap());
        let stopped = workspace.inject(&[&format!("{moment}:signal=SIGSTOP:when=1")], "ask").stopped();
        workspace.replace();
        let second = (!held).then(|| LoopLock::try_acquire(workspace.root(), "second").unwrap());
        let traced = stopped.go_on();
        let expected = if held { "free RALPH_LOCK_OK 0" } else { "locked RALPH_LOCK_OK 0" };
        assert_eq!(traced.lines(), [expected], "{}", traced.text());
        drop((first, second));
    }
}

#[test]
fn a_holder_that_has_not_written_yet_is_a_holder_without_name() {
    let workspace = Workspace::new();
    fs::write(workspace.lock_file(), "  \n").unwrap();
    let stopped = workspace.inject(&["flock:signal=SIGSTOP:when=1"], "try").stopped();
    let refused = LoopLock::try_acquire(workspace.root(), "contender");
    assert!(matches!(refused, Err(LockError::AlreadyLocked { holder: None, .. })), "{refused:?}");
    stopped.go_on().has_the_lock(&workspace);
}

#[test]
fn a_release_is_over_with_the_file_when_the_lock_is_free() {
    let workspace = Workspace::new();
    // The second call of flock is the one that unlocks.
    let stopped = workspace.inject(&["flock:signal=SIGSTOP:when=2"], "try").stopped();
    workspace.assert_blank();
    let _next = LoopLock::try_acquire(workspace.root(), "next").unwrap();
    let traced = stopped.go_on();
    assert_eq!(traced.lines().last(), Some(&"again RALPH_LOCK_ALREADY_LOCKED"), "{}", traced.text());
    let record = LoopLock::read_existing(workspace.root()).unwrap().expect("the next holder is on record");
    assert_eq!(record.prompt, "next");
}

/// A workspace whose last holder died.
struct Workspace {
    folder: TempDir,
}

impl Workspace {
    fn new() -> Workspace {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let workspace = Workspace { folder };
        fs::create_dir_all(workspace.lock_file().parent().unwrap()).unwrap();
        fs::write(workspace.lock_file(), LEFTOVER).unwrap();
        workspace
    }

    /// As the kernel spells it, for strace compares.
    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("workspace")
    }

    fn lock_file(&self) -> PathBuf {
        self.root().join(LoopLock::LOCK_FILE)
    }

    /// Moves the lock file away and puts a new one in its place.
    fn replace(&self) -> PathBuf {
        let moved = self.folder.path().join("moved");
        fs::rename(self.lock_file(), &moved).unwrap();
        fs::write(self.lock_file(), "").unwrap();
        moved
    }

    fn assert_blank(&self) {
        let text = fs::read_to_string(self.lock_file()).unwrap();
        assert!(text.trim().is_empty(), "the lock file is not blank: {text}");
    }

    /// Runs a step with disturbed system calls, of which only those on the lock file and its folder
    /// are seen.
    fn inject(&self, faults: &[&str], step: &str) -> Running {
        let file = self.lock_file();
        let mut options = vec!["-P", file.to_str().unwrap(), "-P", file.parent().unwrap().to_str().unwrap()];
        let faults: Vec<String> = faults.iter().map(|fault| format!("inject={fault}")).collect();
        options.extend(faults.iter().flat_map(|fault| ["-e", fault]));
        self.strace(&options, step)
    }

    fn strace(&self, options: &[&str], step: &str) -> Running {
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
struct Running {
    strace: Child,
    log: PathBuf,
}

impl Running {
    /// Waits until the program has been stopped by a signal that was injected.
    fn stopped(mut self) -> Stopped {
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

    fn wait(self) -> Traced {
        let output = self.strace.wait_with_output().unwrap();
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        // What is killed on purpose, strace follows into death.
        let killed = log.contains("killed by SIGKILL");
        assert!(killed || output.status.success(), "{}\n{stdout}{stderr}{log}", output.status);
        Traced { stdout, log }
    }
}

/// The program, stopped right after a system call.
struct Stopped {
    running: Option<Running>,
    process: String,
}

impl Stopped {
    fn go_on(mut self) -> Traced {
        self.signal("CONT");
        self.running.take().expect("it goes on once").wait()
    }

    fn signal(&self, name: &str) {
        run(Command::new("sh").args(["-c", &format!("kill -{name} {}", self.process)]));
    }
}

impl Drop for Stopped {
    /// A test that failed leaves no stopped process behind.
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            self.signal("KILL");
            running.strace.wait().unwrap();
        }
    }
}

/// What the program printed, and what strace saw.
struct Traced {
    stdout: String,
    log: String,
}

impl Traced {
    fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.log)
    }

    /// It took the lock of the file at the path, and gave it up well.
    fn has_the_lock(&self, workspace: &Workspace) {
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
        let shared = linkages().into_iter().find(|(name, _)| *name == "so").expect("there are two").1;
        run(cc()
            .args(["-std=c99", "-g", "-pthread"])
            .args(STRICT)
            .arg("-I")
            .arg(root().join("include"))
            .arg(root().join("tests/syscalls.c"))
            .args(shared)
            .arg("-o")
            .arg(&program));
        program
    })
}
