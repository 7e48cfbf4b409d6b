//! `status` and `signal`.

use serde_json::{Value, json};

use crate::harness::{Running, WORK, ask, command, nameless_holder, script, workspace};

const NASTY: &str = "line\n\"two\"\t\u{1b}[31m\u{7}\u{9b}1m \\ \u{202e}caf\u{e9} \u{1f600}\u{e0041} \u{200b}\u{7f}";

#[test]
fn status_tells_free_held_and_stale() {
    let workspace = workspace();
    let file = workspace.path().canonicalize().unwrap().join(".ralph/loop.lock");
    let free = format!("state    free\nfile     {}\n", file.display());
    assert_eq!(ask(&workspace, &["status"]), (0, free, String::new()));
    assert!(!file.exists());
    let json = |status: i32| -> Value {
        let (ended, output, errors) = ask(&workspace, &["status", "--json"]);
        assert_eq!((ended, errors.as_str()), (status, ""));
        assert!(output.is_ascii() && !output.contains('\x7f') && output.lines().count() == 1, "{output:?}");
        serde_json::from_str(&output).expect("it is JSON")
    };
    assert_eq!(json(0)["state"], "free");
    assert_eq!(json(0)["holder"], Value::Null);

    let mut holder = Running::new(&mut command(&workspace, &["run", "--prompt", NASTY, "--", "sh", "-c", WORK]));
    assert_eq!(holder.line(), "on");
    let held = json(1);
    assert_eq!(held["state"], "held");
    assert_eq!(held["path"], file.to_str().unwrap());
    assert_eq!(held["holder"]["pid"], holder.child.id());
    assert_eq!(held["holder"]["local_pid"], holder.child.id());
    assert_eq!(held["holder"]["prompt"], NASTY);
    assert_eq!(held["holder"]["liveness"], "live");
    assert_eq!(held["holder"]["relation"], "other");
    assert_eq!(held["last_holder"], Value::Null);
    let (status, output, _) = ask(&workspace, &["status"]);
    assert_eq!(status, 1);
    let find = |start: &str| output.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{output}"));
    assert_eq!(find("process"), format!("process  {}, running", holder.pid()));
    assert!(find("since").ends_with(" s ago)"), "{output}");
    let escaped =
        "line\\n\"two\"\\t\\u{1b}[31m\\u{7}\\u{9b}1m \\ \\u{202e}caf\u{e9} \u{1f600}\\u{e0041} \\u{200b}\\u{7f}";
    assert_eq!(find("prompt"), format!("prompt   {escaped}"));
    assert_eq!(ask(&workspace, &["status", "-q"]), (1, String::new(), String::new()));

    holder.signal("KILL");
    holder.child.wait().unwrap();
    let stale = json(0);
    assert_eq!(stale["state"], "stale");
    assert_eq!(stale["holder"], Value::Null);
    assert_eq!(stale["last_holder"]["pid"], holder.child.id());
    assert_eq!(stale["last_holder"]["liveness"], "dead");
    assert_eq!(stale["last_holder"]["local_pid"], 0);
    assert!(ask(&workspace, &["status"]).1.starts_with("state    stale"));

    // flock(1) leaves no record. The process that has its lock is still found.
    let nameless = nameless_holder(&workspace);
    let held = json(1);
    assert_eq!((&held["state"], &held["holder"]), (&"held".into(), &Value::Null));
    assert_eq!(held["keepers"], json!([nameless.child.id()]));
    let (_, output, _) = ask(&workspace, &["status"]);
    assert!(
        output.ends_with(&format!("holder   an unknown process, which left no record\nkept by  {}\n", nameless.pid()))
    );

    assert_eq!(ask(&workspace, &["status", "missing"]).0, 74);
    assert_eq!(ask(&workspace, &["status", ".ralph/loop.lock"]).0, 74);
}

#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let workspace = workspace();
    for arguments in ["status", "status --json", "--help", "run --help", "--version"] {
        for output in [">/dev/full", ">&-"] {
            let (status, _, errors) = script(&workspace, &format!("$RL {arguments} {output}"));
            assert!(
                status == 74 && errors.contains("cannot write to standard output: "),
                "{arguments} {output}: {errors}"
            );
        }
    }
    // A command gets the descriptors with which the tool was started.
    assert_eq!(script(&workspace, "$RL run -- sh -c 'test -e /proc/self/fd/1' >&-").0, 1);
}

#[test]
fn a_year_is_shown_as_it_is_on_record() {
    let workspace = workspace();
    std::fs::create_dir(workspace.path().join(".ralph")).unwrap();
    for (started, shown) in
        [("9999-12-31T23:59:59Z", "9999-12-31 23:59:59 +0000"), ("0001-01-01T00:00:00Z", "1-01-01 ")]
    {
        let record = format!(r#"{{"pid": 1, "started": "{started}", "prompt": ""}}"#);
        std::fs::write(workspace.path().join(".ralph/loop.lock"), record).unwrap();
        let output = ask(&workspace, &["status"]).1;
        let since = output.lines().find_map(|line| line.strip_prefix("since    ")).unwrap();
        assert!(since.trim_start_matches('0').starts_with(shown), "{output}");
    }
}

#[test]
fn any_lock_file_can_be_asked_about() {
    let workspace = workspace();
    std::fs::create_dir(workspace.path().join("folder")).unwrap();
    let there = workspace.path().canonicalize().unwrap().join("folder/any.lock");
    let there = there.to_str().unwrap();
    let above = workspace.path().join("folder/other");
    std::fs::create_dir(&above).unwrap();
    let mut holder = Running::new(&mut command(&workspace, &["run", "--file", there, "--", "sh", "-c", WORK]));
    assert_eq!(holder.line(), "on");
    for (place, arguments) in [
        (workspace.path(), &["--file", there][..]),
        (workspace.path(), &["--file=folder/any.lock"]),
        (workspace.path(), &["--file=any.lock", "folder"]),
        (above.as_path(), &["--file=../any.lock"]),
    ] {
        let (status, output, errors) = ask(place, &[&["status"], arguments].concat());
        assert_eq!((status, errors.as_str()), (1, ""), "{arguments:?}");
        let (file, process) = (format!("file     {there}\n"), format!("process  {}, running", holder.pid()));
        assert!(output.contains(&file) && output.contains(&process), "{output}");
        let (status, _, errors) = ask(place, &[&["wait", "-t0.01"], arguments].concat());
        assert!(status == 75 && errors.contains(&format!("held by process {}", holder.pid())), "{errors}");
        assert_eq!(ask(place, &[&["signal", "-0"], arguments].concat()).0, 0, "{arguments:?}");
        assert_eq!(ask(place, &[&["run"], arguments, &["--", "true"]].concat()).0, 75, "{arguments:?}");
    }
    // The workspace's own lock is separate, also when named by its path.
    assert_eq!(ask(&workspace, &["status"]).0, 0);
    // The command's input stays open, so that the signal ends it.
    let _input = holder.child.stdin.take();
    assert_eq!(ask(&workspace, &["signal", "--file", there]), (0, String::new(), String::new()));
    assert!(!holder.child.wait().unwrap().success());
    let own = Running::holder(&workspace, WORK);
    let (status, output, _) = ask(&above, &["status", "--file=../../.ralph/loop.lock"]);
    assert!(status == 1 && output.contains(&format!("process  {}", own.pid())), "{output}");
    own.finish();
    // A file with other text is left alone.
    std::fs::write(workspace.path().join("job.sh"), "echo job\n").unwrap();
    let (status, output, errors) = ask(&workspace, &["run", "--file=job.sh", "--", "sh", "job.sh"]);
    assert!((status, output.as_str()) == (74, "") && errors.contains("/job.sh is not a lock file: "), "{errors}");
    assert_eq!(std::fs::read_to_string(workspace.path().join("job.sh")).unwrap(), "echo job\n");
    for file in ["folder", "", ".ralph", ".", "..", "/"] {
        let (status, _, errors) = ask(&workspace, &["run", &format!("--file={file}"), "--", "true"]);
        assert!(status == 74 && errors.lines().count() == 1, "{file}: {errors}");
    }
}

#[test]
fn signal_reaches_the_holder_or_says_why_not() {
    let workspace = workspace();
    let (status, _, errors) = ask(&workspace, &["signal"]);
    assert!(status == 1 && errors.lines().count() == 1, "{status} {errors}");
    for arguments in [&["signal"][..], &["signal", "-TERM"], &["signal", "-s", "sigterm"], &["signal", "-15", "."]] {
        let holder =
            Running::holder(&workspace, "trap 'kill $!; exit 9' TERM; sh -c 'echo on; exec sleep 1000' & wait");
        assert_eq!(ask(&workspace, &["signal", "-0"]).0, 0);
        assert_eq!(ask(&workspace, arguments), (0, String::new(), String::new()), "{arguments:?}");
        assert_eq!(holder.finish().0, 9, "{arguments:?}");
    }
    let holder = nameless_holder(&workspace);
    let (status, _, errors) = ask(&workspace, &["signal"]);
    assert!(status == 74 && errors.contains("no record"), "{status} {errors}");
    holder.finish();
}
