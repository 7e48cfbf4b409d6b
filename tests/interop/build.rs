//! Extracts the unit tests of ralph-core's lock from its sources, unchanged, for tests/seed.rs to run against this API.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=Cargo.lock");
    let [cargo, target] = ["CARGO", "TARGET"].map(|name| std::env::var(name).expect("cargo sets it"));
    // For this platform only, to download nothing that other platforms need.
    let listed = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", &target])
        .stderr(std::process::Stdio::inherit())
        .output()
        .expect("cargo can be run");
    let listed = String::from_utf8(listed.stdout).expect("cargo's answer is UTF-8");
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("cargo's answer is JSON");
    let core = listed["packages"]
        .as_array()
        .and_then(|packages| packages.iter().find(|package| package["name"] == "ralph-core"))
        .and_then(|package| package["manifest_path"].as_str())
        .expect("ralph-core is a dependency");
    let source = PathBuf::from(core).with_file_name("src").join("loop_lock.rs");
    let source = std::fs::read_to_string(source).expect("ralph-core's lock has a source file");
    let tests = source.find("#[cfg(test)]").expect("it has tests");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it")).join("seed.rs");
    std::fs::write(out, &source[tests..]).expect("the tests can be written");
}
