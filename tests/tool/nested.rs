//! Commands inside the loop that holds the lock.

use crate::harness::{Running, WORK, ask, script, workspace};

#[test]
fn no_command_waits_for_its_own_loop() {
    let workspace = workspace();
    let inside = "$RL run --wait -- echo twice; echo $?; $RL wait; echo $?; $RL run --nested -- echo within; echo $?";
    let (status, output, errors) = script(&workspace, &format!("$RL run -- sh -c '{inside}'"));
    assert_eq!((status, output.as_str()), (0, "75\n75\nwithin\n0\n"), "{errors}");
    assert_eq!(errors.matches("runs inside the loop that holds the lock").count(), 2, "{errors}");
    assert_eq!(errors.matches("use --nested").count(), 1, "{errors}");
    // No other process is inside it.
    let holder = Running::holder(&workspace, WORK);
    assert_eq!(ask(&workspace, &["run", "--nested", "--", "echo", "within"]).0, 75);
    holder.finish();
    assert_eq!(ask(&workspace, &["run", "--nested", "--", "echo", "alone"]).1, "alone\n");
}

/// Runs a command in a shell whose parent has ended, so that no ancestor holds the lock, and prints its output.
const ORPHAN: &str =
    r#"mkfifo pipe; sh -c 'sh -c "while kill -0 $$; do :; done 2>/dev/null; $0" >pipe 2>&1 &' "$1" & cat pipe"#;

#[test]
fn a_command_is_recognized_by_its_token_where_the_holder_is_no_ancestor() {
    let workspace = workspace();
    let orphan = |command: &str| {
        let _ = std::fs::remove_file(workspace.path().join("pipe"));
        let (status, output, errors) =
            script(&workspace, &format!("$RL run -- sh -c '{}' sh '{command}'", ORPHAN.replace('\'', "'\\''")));
        assert_eq!(status, 0, "{errors}");
        output
    };
    assert_eq!(orphan("setsid -w $RL run --nested -- echo within"), "within\n");
    let refused = orphan("setsid -w $RL run --wait -- echo twice");
    assert!(refused.contains("use --nested") && !refused.contains("twice"), "{refused}");
    // Without the token it is a process like any other.
    let other = orphan("env -u RALPH_LOCK_TOKEN $RL run --nested -- echo within");
    assert!(other.contains("is held by") && !other.contains("--nested"), "{other}");
    // Inside another workspace's lock it is still inside this one's.
    let deeper = orphan("mkdir -p other; env -u RALPH_WORKSPACE_ROOT $RL run other -- $RL run --nested -- echo within");
    assert_eq!(deeper, "within\n");
}

#[test]
fn a_token_of_another_holder_is_not_accepted() {
    let workspace = workspace();
    let (_, token, _) = script(&workspace, "$RL run -- printenv RALPH_LOCK_TOKEN");
    let holder = Running::holder(&workspace, WORK);
    let command = format!("RALPH_LOCK_TOKEN='{}' $RL run --nested -- echo within", token.trim());
    let (status, output, errors) = script(&workspace, &command);
    assert_eq!((status, output.as_str()), (75, ""), "{errors}");
    assert!(!errors.contains("--nested"), "{errors}");
    holder.finish();
}
