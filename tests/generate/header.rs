//! Makes `include/ralph_lock.h` from the sources and cbindgen.toml.

use std::path::Path;

pub const PATH: &str = "include/ralph_lock.h";

/// The header's text for the crate in that directory.
pub fn generate(root: &Path) -> String {
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml can be read");
    let macros = config.after_includes.take().unwrap_or_default();
    config.after_includes = Some(format!("{}\n{macros}", version_macros()));
    let bindings = cbindgen::Builder::new().with_crate(root).with_config(config).generate();
    let mut text = Vec::new();
    bindings.expect("cbindgen understands the sources").write(&mut text);
    let text = String::from_utf8(text).expect("a header is UTF-8");
    // Self is a keyword in Rust.
    text.replace("RALPH_LOCK_RELATION_OWN", "RALPH_LOCK_RELATION_SELF")
}

fn version_macros() -> String {
    let [major, minor, patch] =
        [env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH")];
    format!(
        "
/** The version of this header. ralph_lock_version() returns that of the running library. */
#define RALPH_LOCK_VERSION \"{}\"
#define RALPH_LOCK_VERSION_MAJOR {major}
#define RALPH_LOCK_VERSION_MINOR {minor}
#define RALPH_LOCK_VERSION_PATCH {patch}
/** One number that grows with every version: major * 1000000 + minor * 1000 + patch. */
#define RALPH_LOCK_VERSION_NUMBER \\
    (RALPH_LOCK_VERSION_MAJOR * 1000000 + RALPH_LOCK_VERSION_MINOR * 1000 + RALPH_LOCK_VERSION_PATCH)",
        env!("CARGO_PKG_VERSION")
    )
}
