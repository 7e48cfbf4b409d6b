//! Signals that reach the command, and dispositions that it inherits.

use std::process::Stdio;

use crate::common::run;
use crate::harness::{Running, answer, is_locked, program, script, tool, workspace};

#[test]
fn a_killed_tool_takes_its_command_along() {
    let workspace = workspace();
    let mut holder = Running::holder(&workspace, "echo on; trap '' TERM HUP INT; read line; echo \"went on\"");
    // The command's input stays open, so that only its death ends its output.
    let _input = holder.child.stdin.take();
    holder.signal("KILL");
    holder.child.wait().unwrap();
    assert_eq!(holder.line(), "");
    assert!(!is_locked(&workspace));
}

#[test]
fn signals_reach_the_command_and_the_tool_ends_after_it() {
    for name in ["TERM", "INT", "HUP", "QUIT", "USR1"] {
        let workspace = workspace();
        // A signal to a shell's child before exec can be lost, so the child prints "on".
        let script =
            format!("trap 'kill $!; echo got; read line; exit 9' {name}; sh -c 'echo on; exec sleep 1000' & wait");
        let mut holder = Running::holder(&workspace, &script);
        holder.signal(name);
        assert_eq!(holder.line(), "got");
        assert!(is_locked(&workspace));
        assert_eq!(holder.finish().0, 9, "{name}");
        assert!(!is_locked(&workspace));
    }
    // A signal that the starter ignores is ignored by the tool and its command.
    let workspace = workspace();
    let ignoring = "trap '' HUP; exec $RL run -- sh -c 'kill -HUP $$; kill -HUP $PPID; echo still here'";
    assert_eq!(script(&workspace, ignoring), (0, "still here\n".to_owned(), String::new()));
}

/// The mask of ignored signals in /proc/PID/status.
fn ignored(workspace: &tempfile::TempDir, program_: &str, names: &str) -> u64 {
    let script = format!("trap '' {names}; exec {program_} sed -n 's/^SigIgn:[[:space:]]*//p' /proc/self/status");
    let output = program("bash", workspace).args(["-c", &script]).env("RL", tool()).stdin(Stdio::null()).output();
    u64::from_str_radix(answer(&output.expect("it runs")).1.trim(), 16).expect("it is a mask")
}

#[test]
fn the_command_ignores_the_signals_that_the_starter_ignores() {
    let workspace = workspace();
    for names in ["CHLD", "WINCH", "CHLD WINCH HUP TSTP", "INT QUIT"] {
        let plain = ignored(&workspace, "", names);
        assert_ne!(plain, 0);
        assert_eq!(ignored(&workspace, "$RL run --", names), plain, "{names}");
    }
    assert_eq!(ignored(&workspace, "$RL run --", "0"), ignored(&workspace, "", "0"));
}

#[test]
fn a_hang_up_of_the_session_leader_ends_the_command() {
    let workspace = workspace();
    let mut python = program("python3", &workspace);
    python.arg("-B").arg(crate::common::root().join("tests/tool/hang_up.py")).arg(tool());
    print!("{}", run(&mut python));
}
