//! The workspace that the tool finds without DIR.

use std::fs::{canonicalize, create_dir_all};
use std::path::Path;

use crate::harness::{Running, WORK, ask, command, program, script, workspace};

/// The lock file that `status` names in that directory, with that value of RALPH_WORKSPACE_ROOT.
fn file_of(place: &Path, named: Option<&str>) -> String {
    let mut status = command(place, &["status"]);
    match named {
        Some(named) => status.env("RALPH_WORKSPACE_ROOT", named),
        None => status.env_remove("RALPH_WORKSPACE_ROOT"),
    };
    let output = String::from_utf8(status.output().unwrap().stdout).unwrap();
    output.lines().find_map(|line| line.strip_prefix("file     ")).expect("a file is named").to_owned()
}

#[test]
fn a_subfolder_belongs_to_the_workspace_around_it() {
    let workspace = workspace();
    let root = canonicalize(workspace.path()).unwrap();
    let deep = root.join("repository/src/deep");
    create_dir_all(&deep).unwrap();
    create_dir_all(root.join("repository/.git")).unwrap();
    create_dir_all(root.join("repository/src/de")).unwrap();
    let repository = format!("{}/repository/.ralph/loop.lock", root.display());
    assert_eq!(file_of(&deep, None), repository);
    // Another program has set the command's workspace.
    let named = root.join("repository/src");
    let own = format!("{}/repository/src/.ralph/loop.lock", root.display());
    assert_eq!(file_of(&deep, Some(named.to_str().unwrap())), own);
    assert_eq!(file_of(&named, Some(named.to_str().unwrap())), own);
    assert_eq!(file_of(&deep, Some("/")), "/.ralph/loop.lock");
    // It is ignored where it does not apply: elsewhere, missing, relative.
    for elsewhere in ["/usr", "/missing", "..", "", &root.join("repository/src/de").display().to_string()] {
        assert_eq!(file_of(&deep, Some(elsewhere)), repository, "{elsewhere}");
    }
    assert_eq!(file_of(&root.join("repository"), Some(named.to_str().unwrap())), repository);
}

#[test]
fn a_loop_in_a_subfolder_is_refused_and_the_message_names_the_root() {
    let workspace = workspace();
    let root = canonicalize(workspace.path()).unwrap();
    create_dir_all(root.join("src")).unwrap();
    create_dir_all(root.join(".git")).unwrap();
    let mut first = command(root.join("src"), &["run", "--", "sh", "-c", WORK]);
    let mut first = Running::new(first.env_remove("RALPH_WORKSPACE_ROOT"));
    assert_eq!(first.line(), "on");
    let mut second = program("sh", root.join("src"));
    second.env_remove("RALPH_WORKSPACE_ROOT").args(["-c", "$0 run -- echo second"]).arg(crate::harness::tool());
    let (status, output, errors) = crate::harness::answer(&second.output().unwrap());
    assert_eq!((status, output.as_str()), (75, ""));
    let held = format!("ralph-lock: {}/.ralph/loop.lock is held by process {} since ", root.display(), first.pid());
    assert!(errors.starts_with(&held), "{errors}");
    assert!(errors.ends_with(&format!(": sh in {}/src\n", root.display())), "{errors}");
    assert!(!root.join("src/.ralph").exists());
    first.finish();
}

#[test]
fn a_directory_that_is_named_is_the_workspace() {
    let workspace = workspace();
    create_dir_all(workspace.path().join("5/src")).unwrap();
    assert_eq!(ask(&workspace, &["run", "5/src", "--", "cat", "5/src/.ralph/loop.lock"]).0, 0);
    // A number is a directory if one of that name exists.
    assert_eq!(ask(&workspace, &["run", "--wait", "5", "--", "cat", "5/.ralph/loop.lock"]).0, 0);
    let (status, output, _) = script(&workspace, "cd 5 && $RL run -- sh -c 'ls -d .ralph; ls -d ../.ralph'");
    assert_eq!((status, output.as_str()), (0, ".ralph\n../.ralph\n"));
}
