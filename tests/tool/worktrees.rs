//! `run --or-worktree`, with real repositories.

use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

use crate::harness::{Running, WORK, ask, command, script};
use crate::repositories::repository;

/// The worktrees that are left.
fn worktrees(repository: &Path) -> Vec<PathBuf> {
    let entries = read_dir(repository.join(".worktrees")).map(|entries| entries.map(|entry| entry.unwrap().path()));
    entries.map_or(Vec::new(), Iterator::collect)
}

fn branches(repository: &Path) -> String {
    script(repository, "git for-each-ref --format='%(refname)' refs/heads/ralph").1
}

#[test]
fn a_second_loop_works_in_a_worktree_with_its_own_lock() {
    let repository = repository();
    let root = repository.path().canonicalize().unwrap();
    // The first loop gets the workspace itself.
    let mut first =
        Running::new(&mut command(&root, &["run", "--or-worktree", "--prompt=first", "--", "sh", "-c", WORK]));
    assert_eq!(first.line(), "on");
    let work = "pwd; echo $RALPH_WORKSPACE_ROOT; $RL status -q; echo $?; git branch --show-current; echo new >b; \
                git add b; git commit -q -m second";
    let (status, output, errors) = script(root.join("src"), &format!("$RL run --or-worktree .. -- sh -c '{work}'"));
    assert_eq!(status, 0, "{errors}");
    let place = worktrees(&root).pop().expect("it is left");
    let branch = format!("ralph/{}", place.file_name().unwrap().to_str().unwrap());
    let (shown, said) = (place.display(), errors.lines().collect::<Vec<_>>());
    // It runs in the worktree's directory that corresponds to the current one.
    assert_eq!(output, format!("{shown}/src\n{shown}\n1\n{branch}\n"));
    assert!(said[0].contains(&format!(".ralph/loop.lock is held by process {} since ", first.pid())), "{errors}");
    assert!(said[0].ends_with(": first"), "{errors}");
    assert_eq!(said[1], format!("ralph-lock: the command runs in {shown} instead, on branch {branch}"));
    assert_eq!(said[2], format!("ralph-lock: the work is in {shown}, on branch {branch}"));
    assert_eq!(said.len(), 3);
    first.finish();
    // The workspace is unchanged, and the work can be merged.
    assert_eq!(script(&root, "git status --porcelain").1, "");
    assert_eq!(script(&root, &format!("git merge -q {branch} && cat src/b")).1, "new\n");
    assert_eq!(script(&root, &format!("git worktree remove '{shown}'")).0, 0);
    // A command that fails, or is killed, keeps its status.
    let first = Running::holder(&root, WORK);
    assert_eq!(script(&root, "$RL run --or-worktree -- sh -c 'exit 9'").0, 9);
    assert_eq!(script(&root, "$RL run --or-worktree -- sh -c 'kill -KILL $$'; exit $?").0, 137);
    // Also after a wait with a limit.
    assert_eq!(script(&root, "$RL run --or-worktree --timeout=0.1 -- sh -c 'exit 9'").0, 9);
    // A nested command does not start a worktree inside its own loop.
    let nested = "$RL run --or-worktree -- sh -c '$RL run --nested --or-worktree -- pwd'";
    assert_eq!(script(&root, nested).1.lines().count(), 1);
    first.finish();
}

#[test]
fn a_worktree_is_removed_only_if_nothing_was_left_in_it() {
    let repository = repository();
    let root = repository.path();
    std::fs::write(root.join(".gitignore"), "*.log\n.ralph/\n").unwrap();
    assert_eq!(script(root, "git add . && git commit -q -m ignore").0, 0);
    let holder = Running::holder(root, WORK);
    for command in
        ["true", "exit 3", "cat src/a", "git checkout -q -b x; git checkout -q - ; git branch -q -D x; exit 0"]
    {
        let expected = usize::from(command.contains("checkout"));
        let (_, _, errors) = script(root, &format!("$RL run --or-worktree -- sh -c '{command}'"));
        assert_eq!(worktrees(root).len(), expected, "{command}: {errors}");
        assert_eq!(branches(root).lines().count(), expected, "{command}: {errors}");
        assert_eq!(errors.contains("the worktree is removed"), expected == 0, "{errors}");
    }
    let mut left = worktrees(root).len();
    for command in [
        "echo a >b",
        "echo a >b.log",
        "echo a >.ralph/notes",
        "echo a >>.ralph/.gitignore",
        "mkdir -p x/y; echo a >x/y/z.log",
        "echo b >src/a",
        "rm src/a",
        "chmod +x src/a",
        "git rm -q --cached src/a",
        "git commit -q --allow-empty -m c",
        "git commit -q --allow-empty -m c; git reset -q --hard HEAD~",
        "git checkout -q --detach; git commit -q --allow-empty -m c; git checkout -q -",
        "git init -q inner",
    ] {
        let (_, _, errors) = script(root, &format!("$RL run -q --or-worktree -- sh -c '{command}'"));
        left += 1;
        assert_eq!(worktrees(root).len(), left, "{command}: {errors}");
        assert!(errors.contains("ralph-lock: the work is in "), "{command}: {errors}");
    }
    assert_eq!(branches(root).lines().count(), left);
    holder.finish();
}

#[test]
fn five_loops_work_at_a_time() {
    let repository = repository();
    let root = repository.path().canonicalize().unwrap();
    // This gives branches settings, which one program at a time may write.
    assert_eq!(script(&root, "git config branch.autoSetupMerge always").0, 0);
    let first = Running::holder(&root, WORK);
    let work = "echo on; read line; pwd";
    let mut others: Vec<_> =
        (0..5).map(|_| Running::new(&mut command(&root, &["run", "--or-worktree", "--", "sh", "-c", work]))).collect();
    for other in &mut others {
        assert_eq!(other.line(), "on");
    }
    assert_eq!(worktrees(&root).len(), 5);
    let mut places: Vec<_> = others.into_iter().map(|other| other.finish().1).collect();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), 5);
    // They also end at the same time.
    assert!(worktrees(&root).is_empty());
    assert_eq!(branches(&root), "");
    assert_eq!(script(&root, "git config --get-regexp '^branch.*ralph'").1, "");
    let excluded = read_to_string(root.join(".git/info/exclude")).unwrap();
    assert_eq!(excluded.lines().filter(|line| *line == "/.worktrees/").count(), 1, "{excluded}");
    first.finish();
}

#[test]
fn worktrees_of_a_worktree_are_made_in_the_main_one() {
    let repository = repository();
    let root = repository.path().canonicalize().unwrap();
    // The file lacks its last line end, or its directory, which a template may omit.
    let make = "git worktree add -q -b linked linked; printf '/linked' >.git/info/exclude; cd linked; echo b >b; \
                git add b; git commit -q -m b";
    assert_eq!(script(&root, make).0, 0);
    let linked = root.join("linked");
    let holder = Running::holder(&linked, WORK);
    let (status, output, errors) = script(&linked, "$RL run --or-worktree -- sh -c 'pwd; cat b; >c'");
    assert_eq!(status, 0, "{errors}");
    let place = worktrees(&root).pop().expect("it is left");
    assert_eq!(output, format!("{}\nb\n", place.display()));
    assert_eq!(read_to_string(root.join(".git/info/exclude")).unwrap(), "/linked\n/.worktrees/\n");
    assert_eq!(script(&root, "git status --porcelain").1, "");
    holder.finish();
    std::fs::remove_dir_all(root.join(".git/info")).unwrap();
    let holder = Running::holder(&root, WORK);
    assert_eq!(ask(&root, &["run", "-q", "--or-worktree", "--", "true"]), (0, String::new(), String::new()));
    assert_eq!(read_to_string(root.join(".git/info/exclude")).unwrap(), "/.worktrees/\n");
    holder.finish();
}

#[test]
fn a_failure_of_git_is_reported_and_nothing_runs() {
    let repository = repository();
    let root = repository.path();
    let holder = Running::holder(root, WORK);
    assert_eq!(script(root, "git config core.hooksPath hooks; mkdir hooks").0, 0);
    // The user's hooks run; after their failure the worktree stays as git left it.
    let hook = "printf '#!/bin/sh\\necho hooked\\nexit 1\\n' >hooks/post-checkout; chmod +x hooks/post-checkout";
    assert_eq!(script(root, hook).0, 0);
    let (status, output, errors) = script(
        root,
        "core=$PWD/hooks; git config core.hooksPath \"$core\"; \
                                                 $RL run --or-worktree -- echo ran",
    );
    assert_eq!((status, output.as_str()), (74, ""), "{errors}");
    assert!(errors.contains("hooked") && errors.contains("git could not create the worktree"), "{errors}");
    holder.finish();
    // An ignored workspace, and a repository without a commit.
    let empty = crate::harness::workspace();
    for make in ["true", "git init -q"] {
        let (status, output, errors) = script(&empty, &format!("{make}; $RL run -- $RL run --or-worktree -- echo ran"));
        assert_eq!((status, output.as_str()), (74, ""), "{errors}");
        assert!(errors.contains("--or-worktree needs a commit with "), "{errors}");
    }
}

#[test]
fn a_workspace_in_a_repositorys_folder_is_that_folder_of_the_worktree() {
    let repository = repository();
    let root = repository.path().canonicalize().unwrap();
    let folder = root.join("src");
    let work = "$RL run --or-worktree -- sh -c 'pwd; ls .ralph/loop.lock; $RL status -q; echo $?'";
    let holder = Running::holder(&folder, WORK);
    let (status, output, errors) = script(&folder, work);
    assert_eq!(status, 0, "{errors}");
    assert!(output.starts_with(root.join(".worktrees").to_str().unwrap()), "{output}");
    assert!(output.ends_with("/src\n.ralph/loop.lock\n1\n"), "{output}");
    assert!(worktrees(&root).is_empty(), "{errors}");
    holder.finish();
}
