//! The warnings of `run` about git, with real repositories.

use std::fs::write;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use crate::harness::{ask, script, workspace};

/// A workspace that is a repository with one commit.
pub fn repository() -> TempDir {
    let workspace = workspace();
    let make = "git init -q -b main && mkdir src && echo a >src/a && \
                printf '/.ralph/loop.lock\\n/.ralph/.gitignore\\n' >.gitignore && git add . && git commit -q -m begin";
    let (status, _, errors) = script(&workspace, make);
    assert_eq!(status, 0, "{errors}");
    workspace
}

#[test]
fn a_lock_file_that_git_tracks_is_warned_of() {
    let repository = repository();
    assert_eq!(ask(&repository, &["run", "--", "true"]), (0, String::new(), String::new()));
    let path = repository.path().canonicalize().unwrap().join(".ralph/loop.lock");
    let (status, _, errors) = script(&repository, "git add -f .ralph/loop.lock && git commit -q -m lock");
    assert_eq!(status, 0, "{errors}");
    for place in [repository.path(), &repository.path().join("src")] {
        let (status, output, errors) = script(place, "unset RALPH_WORKSPACE_ROOT; $RL run -- echo ran");
        assert_eq!((status, output.as_str()), (0, "ran\n"));
        assert!(errors.starts_with(&format!("ralph-lock: warning: git tracks {}: ", path.display())), "{errors}");
        assert!(errors.ends_with(&format!("; run: git rm --cached '{}'\n", path.display())), "{errors}");
    }
    assert_eq!(ask(&repository, &["run", "-q", "--", "true"]), (0, String::new(), String::new()));
    let (status, _, errors) = script(&repository, &format!("git rm -q --cached '{}'", path.display()));
    assert_eq!(status, 0, "{errors}");
    assert_eq!(ask(&repository, &["run", "--", "true"]), (0, String::new(), String::new()));
}

#[test]
fn a_lock_file_that_git_does_not_ignore_is_warned_of() {
    let repository = repository();
    let ignore = repository.path().join(".gitignore");
    std::fs::remove_file(&ignore).unwrap();
    // The user's own file in .ralph is never edited.
    std::fs::create_dir(repository.path().join(".ralph")).unwrap();
    write(repository.path().join(".ralph/.gitignore"), "").unwrap();
    let (status, _, errors) = ask(&repository, &["run", "--", "true"]);
    assert!(status == 0 && errors.contains("warning: git does not ignore ") && errors.contains("/.ralph/loop.lock: "));
    write(ignore, "/.ralph/loop.lock\n").unwrap();
    assert_eq!(ask(&repository, &["run", "--", "true"]).2, "");
    let (_, _, errors) = ask(&repository, &["run", "--file=src/any.lock", "--", "true"]);
    assert!(errors.contains("git does not ignore ") && errors.contains("/src/any.lock: "), "{errors}");
}

#[test]
fn only_run_asks_git_and_works_without_it() {
    let repository = repository();
    let bin = repository.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    write(bin.join("git"), format!("#!/bin/sh\necho \"$@\" >>'{}/asked'\nexit 1\n", bin.display())).unwrap();
    std::fs::set_permissions(bin.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("PATH='{}':$PATH", bin.display());
    let quiet = (0, "ran\n".to_owned(), String::new());
    for command in ["status -q", "wait", "signal -q; true"] {
        assert_eq!(script(&repository, &format!("{path}; $RL {command}; echo ran")), quiet, "{command}");
    }
    assert!(!bin.join("asked").exists());
    assert_eq!(script(&repository, &format!("{path}; $RL run -- echo ran")), quiet);
    let asked = std::fs::read_to_string(bin.join("asked")).unwrap();
    for line in asked.lines() {
        assert!(line.starts_with("--no-optional-locks --literal-pathspecs -c core.fsmonitor=false -C "), "{asked}");
    }
    assert!(!asked.is_empty());
    // git is not installed.
    assert_eq!(script(&repository, "PATH=/missing; $RL run -- /bin/echo ran"), quiet);
    let (status, _, errors) = script(&repository, "PATH=/missing; $RL run -- $RL run --or-worktree -- /bin/echo ran");
    assert!(status == 74 && errors.contains("--or-worktree needs"), "{status} {errors}");
}

#[test]
fn a_repository_starts_no_program_of_its_own() {
    let repository = repository();
    let monitor = "git config core.fsmonitor ./monitor; printf '#!/bin/sh\\ntouch \"$PWD/started\"\\n' >monitor; \
                   chmod +x monitor; $RL run -- test ! -e started";
    assert_eq!(script(&repository, monitor).0, 0);
    assert_eq!(script(&repository, "git status >/dev/null; test -e started").0, 0, "git itself would start it");
}

/// In a hook of another repository the environment names that repository.
#[test]
fn the_repository_is_the_workspaces_own_also_within_a_hook() {
    let repository = repository();
    let other = crate::repositories::repository();
    let (status, _, errors) = script(&other, "$RL run -- true && git add -f .ralph/loop.lock && git commit -q -m lock");
    assert_eq!(status, 0, "{errors}");
    let hook = format!("GIT_DIR='{}/.git'; export GIT_DIR; $RL run -- printenv GIT_DIR", other.path().display());
    let (status, output, errors) = script(&repository, &hook);
    assert_eq!((status, output.trim(), errors.as_str()), (0, &*format!("{}/.git", other.path().display()), ""));
}
