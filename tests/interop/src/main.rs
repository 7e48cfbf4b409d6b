//! A process of the tests: `peer ralph-core|ralph-lock ACTION ROOT [ARGUMENT]`. It prints a line for each event, and
//! continues when it reads a line.

use std::fs::{File, remove_file};
use std::io::{BufRead, Read, Write, stdin, stdout};
use std::path::Path;

type Core = ralph_core::loop_lock::LoopLock;
type Ours = ralph_lock::LoopLock;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["ralph-core", "hold", root, prompt] => hold(Core::try_acquire(root, prompt).unwrap()),
        ["ralph-lock", "hold", root, prompt] => hold(Ours::try_acquire(root, prompt).unwrap()),
        ["ralph-core", "wait", root, prompt] => hold(Core::acquire_blocking(root, prompt).unwrap()),
        ["ralph-lock", "wait", root, prompt] => hold(Ours::acquire_blocking(root, prompt).unwrap()),
        ["ralph-core", "probe", root] => probe(root),
        ["ralph-core", "storm", root, rounds] => {
            storm(root, rounds, |prompt| Core::acquire_blocking(root, prompt).unwrap())
        }
        ["ralph-lock", "storm", root, rounds] => {
            storm(root, rounds, |prompt| Ours::acquire_blocking(root, prompt).unwrap())
        }
        ["ralph-core", "obey", root] => obey(root),
        ["ralph-core", "fork", root] => fork(root, Core::try_acquire(root, "parent").unwrap()),
        ["ralph-lock", "fork", root] => fork(root, Ours::try_acquire(root, "parent").unwrap()),
        _ => panic!("no such action: {arguments:?}"),
    }
}

/// Holds a lock until it reads a line, then releases it and prints a line.
fn hold<G>(guard: G) {
    say("held");
    hear();
    drop(guard);
    say("released");
    hear();
}

/// Asks repeatedly whether the lock is held, as ralph-core does, until its input ends.
fn probe(root: &str) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            hear();
            std::process::exit(0);
        });
        Core::is_locked(root).unwrap();
        say("probing");
        loop {
            Core::is_locked(root).unwrap();
        }
    })
}

/// Acquires that many times. While it holds the lock, it creates a marker file, on which two holders collide.
fn storm<G>(root: &str, rounds: &str, acquire: impl Fn(&str) -> G) {
    let marker = Path::new(root).join("occupied");
    for round in 0..rounds.parse().unwrap() {
        let guard = acquire(&format!("round {round}"));
        File::create_new(&marker).expect("another process holds the lock too");
        remove_file(&marker).unwrap();
        drop(guard);
    }
}

/// Takes, reads and releases as its input orders, until that ends: `acquire LENGTH`, with the prompt in the
/// lines that follow, `read` and `release`.
fn obey(root: &str) {
    let mut input = stdin().lock();
    let mut guard = None;
    loop {
        let mut line = String::new();
        input.read_line(&mut line).unwrap();
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["acquire", length] => {
                let mut prompt = vec![0; length.parse().unwrap()];
                input.read_exact(&mut prompt).unwrap();
                guard = Some(Core::acquire_blocking(root, std::str::from_utf8(&prompt).unwrap()).unwrap());
                say("held");
            }
            ["read"] => {
                let (pid, prompt) =
                    Core::read_existing(root).unwrap().map(|record| (record.pid, record.prompt)).unwrap_or_default();
                print!("{pid} {}\n{prompt}", prompt.len());
                stdout().flush().unwrap();
            }
            ["release"] => {
                drop(guard.take());
                say("released");
            }
            [] => return,
            _ => panic!("no such order: {line:?}"),
        }
    }
}

/// Forks a child that drops its copy of the guard, and reports whether the parent still holds the lock.
fn fork<G>(root: &str, guard: G) {
    // SAFETY: this process has one thread, so its child may do anything.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(guard);
        std::process::exit(0);
    }
    let mut status = 0;
    // SAFETY: status has room for the answer.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0);
    say(if Ours::is_locked(root).unwrap() { "kept" } else { "lost" });
    drop(guard);
}

fn say(line: &str) {
    println!("{line}");
    stdout().flush().unwrap();
}

fn hear() {
    stdin().read_line(&mut String::new()).unwrap();
}
