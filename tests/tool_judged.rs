//! Tests the tool and its files with programs that may be missing: shells, mandoc, valgrind, tmux, unshare. A test is
//! skipped if its program does not run.

mod common;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use common::{root, run};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() {
    let trials = vec![
        with("bash", "completions_are_well_formed_in_bash", || parses("bash", "ralph-lock.bash")),
        with("zsh", "completions_are_well_formed_in_zsh", || parses("zsh", "_ralph-lock")),
        with("fish", "completions_are_well_formed_in_fish", || parses("fish", "ralph-lock.fish")),
        with("bash", "bash_completes_commands_options_signals_and_folders", completes),
        with("mandoc", "the_tools_manual_is_well_formed", manual),
        with("valgrind", "the_tool_leaks_nothing", leaks),
        with("tmux", "a_command_below_tmux_is_within_its_loop", below_tmux),
        with("tmux", "killing_a_window_of_tmux_ends_the_command", kill_window),
        in_container("a_command_in_a_container_is_within_its_loop", within_container),
        in_container("a_holder_in_a_container_is_known_outside", holder_in_container),
        in_container("the_first_process_of_a_container_reaps_orphans", reap),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// A test that needs a program.
fn with(program: &'static str, name: &str, test: fn() -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || {
        if Command::new(program).arg("--version").output().is_err() {
            return Ok(Completion::ignored_with(format!("{program} is not installed")));
        }
        test().map(|()| Completion::Completed)
    })
}

/// A test that needs a new pid namespace.
fn in_container(name: &str, test: fn() -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || {
        if !Command::new("unshare").args(CONTAINER).arg("true").output().is_ok_and(|output| output.status.success()) {
            return Ok(Completion::ignored_with("unshare cannot make a pid namespace"));
        }
        test().map(|()| Completion::Completed)
    })
}

/// A pid namespace with its own /proc, and a user namespace in case the caller is not root.
const CONTAINER: [&str; 5] = ["--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"];

/// The output of a shell script in a new workspace, which may use `$RL` and `$CONTAINER`. It fails after 30 seconds.
fn printed(script: &str) -> Result<String, Failed> {
    let workspace = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut shell = Command::new("timeout");
    shell.args(["30", "sh", "-c", script]).current_dir(&workspace);
    shell.env("RL", common::tool()).env("CONTAINER", format!("unshare {}", CONTAINER.join(" ")));
    shell.env("RALPH_WORKSPACE_ROOT", workspace.path()).env_remove("RALPH_LOCK_TOKEN").env_remove("TMUX");
    Ok(run(&mut shell))
}

fn completions() -> PathBuf {
    root().join("tools/completions")
}

fn parses(shell: &str, file: &str) -> Result<(), Failed> {
    run(Command::new(shell).arg("-n").arg(completions().join(file)));
    Ok(())
}

fn completes() -> Result<(), Failed> {
    let script = ". \"$0\"; COMP_WORDS=(ralph-lock \"$@\"); COMP_CWORD=$#; _ralph_lock; echo \"${COMPREPLY[*]}\"";
    for (words, expected) in [
        (&["st"][..], "status\n"),
        (&["run", "--w"], "--wait\n"),
        (&["run", "--prompt", ""], "\n"),
        (&["status", "--file", "completions/ralph-lock.b"], "completions/ralph-lock.bash\n"),
        (&["signal", "-s", "TE"], "TERM\n"),
        (&["run", "--", "--w"], "\n"),
        (&["status", "comp"], "completions\n"),
    ] {
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", script]).arg(completions().join("ralph-lock.bash")).args(words);
        assert_eq!(run(bash.current_dir(root().join("tools"))), expected, "{words:?}");
    }
    Ok(())
}

fn manual() -> Result<(), Failed> {
    let output = Command::new("mandoc").args(["-T", "lint"]).arg(root().join("tools/ralph-lock.1")).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    // It does not matter which other manuals are installed.
    let wrong: Vec<_> =
        text.lines().filter(|line| !line.contains("mandoc.db") && !line.contains("referenced manual")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    Ok(())
}

fn leaks() -> Result<(), Failed> {
    let workspace = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    std::fs::create_dir(workspace.path().join("other"))?;
    let mut holder = Command::new(common::tool());
    holder.args(["run", ".", "--", "sh", "-c", "echo on; cat >/dev/null"]).current_dir(&workspace);
    let mut holder = holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(holder.stdout.take().expect("it is piped")).read_line(&mut line)?;
    assert_eq!(line, "on\n");
    for (arguments, expected) in [
        (&["run", "other", "--", "true"][..], 0),
        (&["run", "--timeout=0.01", "--", "true"], 75),
        (&["status", "--file=other/any.lock"], 0),
        (&["run", "--jason"], 64),
        (&["status", "--json"], 1),
        (&["wait", "--timeout=0.01"], 75),
    ] {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible"]);
        valgrind.args(["--errors-for-leak-kinds=definite,indirect,possible", "--error-exitcode=99"]);
        valgrind.arg(common::tool()).args(arguments).current_dir(&workspace);
        let output = valgrind.env("RALPH_WORKSPACE_ROOT", workspace.path()).output()?;
        assert_eq!(output.status.code(), Some(expected), "ralph-lock {arguments:?}: {output:?}");
    }
    drop(holder.stdin.take());
    assert!(holder.wait()?.success());
    Ok(())
}

/// The tmux server, and so what runs in its windows, is not a descendant of the holder.
fn below_tmux() -> Result<(), Failed> {
    let inside = r#"mkfifo pipe; tmux -S socket -f /dev/null new-session -d "$RL run --nested -- echo within >pipe 2>&1"
        cat pipe; tmux -S socket kill-server 2>/dev/null || true"#;
    assert_eq!(printed(&format!("$RL run -- sh -c '{inside}'"))?, "within\n");
    Ok(())
}

/// The window's program leads a session, and only it gets the hang-up.
fn kill_window() -> Result<(), Failed> {
    let script = r#"mkfifo on up; cat >work <<'END'
trap 'echo hung up >up; exit' HUP
echo on >on
while :; do sleep 0.1; done
END
tmux -S socket -f /dev/null new-session -d "exec $RL run -- sh work" \; set-option -g exit-empty off
cat on; tmux -S socket kill-window; cat up; $RL wait -t 20; $RL status -q; echo $?; tmux -S socket kill-server"#;
    assert_eq!(printed(script)?, "on\nhung up\n0\n");
    Ok(())
}

/// In the container the holder has no pid, so only the token identifies the loop.
fn within_container() -> Result<(), Failed> {
    assert_eq!(printed("$RL run -- $CONTAINER $RL run --nested -- echo within")?, "within\n");
    let without = "$RL run -- env -u RALPH_LOCK_TOKEN $CONTAINER $RL run --nested -- echo within 2>/dev/null; echo $?";
    assert_eq!(printed(without)?, "75\n");
    Ok(())
}

/// Inside it is process 1, outside it has another pid; it can be signalled like any process 1 of a container.
fn holder_in_container() -> Result<(), Failed> {
    let script = "mkfifo on go; $CONTAINER $RL run -- sh -c 'echo on >on; read line <go' & cat on
        $RL status | grep ^process; $RL status --json; $RL signal; wait $!; echo $?";
    let printed = printed(script)?;
    let lines: Vec<&str> = printed.lines().collect();
    let here =
        lines[1].strip_prefix("process  1 in its container, ").and_then(|rest| rest.strip_suffix(" here, running"));
    let here = here.ok_or_else(|| Failed::from(&printed))?;
    assert!(lines[2].contains("\"holder\": {\"pid\": 1, "), "{printed}");
    assert!(lines[2].contains(&format!("\"local_pid\": {here}, \"liveness\": \"live\"")), "{printed}");
    assert_eq!((lines[0], &lines[3..]), ("on", &["143"][..]), "{printed}");
    Ok(())
}

/// The tool is process 1 and adopts orphans. In the end only it and the shell are left.
fn reap() -> Result<(), Failed> {
    let script =
        "for i in 1 2 3 4 5; do (true & true &) ; done; while set -- /proc/[0-9]*; [ $# -gt 2 ]; do :; done; echo $#";
    assert_eq!(printed(&format!("$CONTAINER $RL run -- sh -c '{script}'"))?, "2\n");
    Ok(())
}
