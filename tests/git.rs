//! Ordinary use of git, cargo and npm neither affects nor publishes the lock.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::run;
use ralph_lock::{AcquireOptions, LockError, LockGuard, LoopLock};
use tempfile::TempDir;

/// A git repository with one commit, removed on drop.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Repository {
        let repository =
            Repository { folder: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room") };
        git(repository.root(), &["init", "--quiet", "--initial-branch=main", "."]);
        fs::write(repository.root().join("file"), "first\n").expect("there is room");
        commit(repository.root(), "first");
        repository
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity =
        ["-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "protocol.file.allow=always"];
    run(Command::new("git").args(identity).args(arguments).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null"))
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", message]);
}

fn acquire(root: &Path) -> LockGuard {
    LoopLock::try_acquire(root, "works here").unwrap_or_else(|error| panic!("{error}"))
}

/// Checks that the guard still holds the lock at its path, and that a refusal names it.
fn assert_holds(guard: &LockGuard, root: &Path, after: &str) {
    guard.verify().unwrap_or_else(|error| panic!("after {after}: {error}"));
    match LoopLock::try_acquire(root, "a second loop") {
        Err(LockError::AlreadyLocked { holder: Some(holder), .. }) => assert_eq!(holder.prompt, "works here"),
        other => panic!("after {after}: {other:?}"),
    }
}

/// Everyday git commands of people and agents.
fn use_git(guard: &LockGuard, root: &Path) {
    for (number, command) in
        ["add --all", "stash --include-untracked", "clean -fd", "reset --hard", "stash pop", "clean -ffd"]
            .into_iter()
            .enumerate()
    {
        fs::write(root.join("file"), format!("change {number}\n")).expect("there is room");
        fs::write(root.join(format!("new {number}")), "").expect("there is room");
        let arguments: Vec<&str> = command.split(' ').collect();
        if command == "stash pop" {
            git(root, &["reset", "--quiet", "--hard"]);
            git(root, &["clean", "-qfd"]);
        }
        git(root, &arguments);
        assert_holds(guard, root, command);
    }
    commit(root, "all");
    assert_holds(guard, root, "a commit");
    assert!(!git(root, &["ls-files"]).contains("loop.lock"));
    assert!(!git(root, &["log", "--all", "--name-only", "--format="]).contains("loop.lock"));
}

#[test]
fn the_lock_survives_ordinary_git_and_is_never_committed() {
    let repository = Repository::new();
    let guard = acquire(repository.root());
    use_git(&guard, repository.root());
    guard.release().expect("it is held");
    assert_eq!(git(repository.root(), &["status", "--porcelain"]), "");
}

#[test]
fn the_lock_survives_git_in_worktrees_and_submodules() {
    let (repository, other) = (Repository::new(), Repository::new());
    let worktree = other.root().join("worktree");
    git(repository.root(), &["worktree", "add", "--quiet", worktree.to_str().expect("UTF-8"), "-b", "side"]);
    let guard = acquire(&worktree);
    use_git(&guard, &worktree);

    let parent = Repository::new();
    git(parent.root(), &["submodule", "--quiet", "add", repository.root().to_str().expect("UTF-8"), "module"]);
    let module = parent.root().join("module");
    let guard = acquire(&module);
    use_git(&guard, &module);
    // Apart from the commits, the parent repository sees no change in the submodule.
    git(&module, &["reset", "--quiet", "--hard", "HEAD~"]);
    assert!(!git(parent.root(), &["status", "--porcelain", "--ignore-submodules=none"]).contains("?? "));
}

#[test]
fn other_files_in_the_folder_are_left_alone() {
    let repository = Repository::new();
    fs::create_dir_all(repository.root().join(".ralph/specs")).expect("there is room");
    fs::write(repository.root().join(".ralph/specs/one.md"), "").expect("there is room");
    commit(repository.root(), "specs");
    let guard = acquire(repository.root());
    use_git(&guard, repository.root());
    fs::write(repository.root().join(".ralph/specs/two.md"), "").expect("there is room");
    assert_eq!(git(repository.root(), &["status", "--porcelain"]), "?? .ralph/specs/two.md\n");
    drop(guard);

    // An existing .gitignore is left alone.
    let repository = Repository::new();
    let ignore = repository.root().join(".ralph/.gitignore");
    fs::create_dir(repository.root().join(".ralph")).expect("there is room");
    fs::write(&ignore, "/tmp\n").expect("there is room");
    acquire(repository.root()).release().expect("it is held");
    assert_eq!(fs::read_to_string(ignore).expect("it is there"), "/tmp\n");
}

/// ralph-core leaves its record in the file, and creates no .gitignore.
#[test]
fn a_file_that_ralph_core_created_is_ignored_from_the_first_acquire_on() {
    let repository = Repository::new();
    fs::create_dir(repository.root().join(".ralph")).expect("there is room");
    let record = r#"{"pid":1,"started":"2026-11-22T16:00:00Z","prompt":"ralph-core"}"#;
    fs::write(repository.root().join(LoopLock::LOCK_FILE), record).expect("there is room");
    let guard = acquire(repository.root());
    use_git(&guard, repository.root());
}

#[test]
fn only_the_workspaces_own_lock_gets_an_ignore_file() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room");
    let options = AcquireOptions::new().lock_file("build/deploy.lock");
    let guard = LoopLock::acquire_with(folder.path(), "works here", &options).expect("it is free");
    assert_eq!(names_in(&folder.path().join("build")), [PathBuf::from("deploy.lock")]);
    assert_eq!(names_in(folder.path()), [PathBuf::from("build")]);
    drop(guard);

    // Through a symbolic link nothing but the lock file is created.
    let elsewhere = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room");
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(".ralph")).expect("there is room");
    let guard = acquire(folder.path());
    assert_eq!(names_in(elsewhere.path()), [PathBuf::from("loop.lock")]);
    drop(guard);
}

fn names_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("it can be read");
    entries.map(|entry| entry.expect("it can be read").file_name().into()).collect()
}

#[test]
fn cargo_packages_the_crate_without_the_lock() {
    let repository = Repository::new();
    let root = repository.root();
    fs::create_dir(root.join("src")).expect("there is room");
    fs::write(root.join("src/lib.rs"), "").expect("there is room");
    fs::write(
        root.join("Cargo.toml"),
        "[package]\nname = \"packaged\"\nversion = \"1.0.0\"\nedition = \"2021\"\n\n[workspace]\n",
    )
    .expect("there is room");
    fs::write(root.join(".gitignore"), "target\n").expect("there is room");
    run(cargo(root).arg("generate-lockfile"));
    commit(root, "crate");
    let guard = acquire(root);
    // cargo refuses a repository with files that are neither committed nor ignored.
    run(cargo(root).args(["package", "--no-verify"]));
    assert!(!run(cargo(root).args(["package", "--list"])).contains(".ralph"));
    assert_holds(&guard, root, "cargo package");
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(folder).args(["--offline", "--quiet"]).env("CARGO_TARGET_DIR", folder.join("target"));
    cargo
}

#[test]
fn npm_packs_the_package_without_the_lock() {
    if Command::new("npm").arg("--version").output().is_err() {
        println!("skipped: npm is not installed");
        return;
    }
    let repository = Repository::new();
    fs::write(repository.root().join("package.json"), "{ \"name\": \"packed\", \"version\": \"1.0.0\" }\n")
        .expect("there is room");
    commit(repository.root(), "package");
    let guard = acquire(repository.root());
    let packed =
        run(Command::new("npm").args(["pack", "--dry-run", "--json", "--offline"]).current_dir(repository.root()));
    assert!(packed.contains("package.json") && !packed.contains("loop.lock"), "{packed}");
    assert_holds(&guard, repository.root(), "npm pack");
}
