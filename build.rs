//! Sets the shared library's soname and linker flags, and the cfg names of the platforms.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The tests build C programs for the same machine.
    println!("cargo:rustc-env=RALPH_LOCK_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    let target = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    // Code for Linux only is compiled under this name.
    println!("cargo:rustc-check-cfg=cfg(linux)");
    if target == "linux" && std::env::var_os("CARGO_FEATURE_PORTABLE").is_none() {
        println!("cargo:rustc-cfg=linux");
    }
    // Code for macOS and FreeBSD is compiled under these names: events by kqueue(2), and the system's facts about
    // processes.
    for name in ["kqueue", "kinfo"] {
        println!("cargo:rustc-check-cfg=cfg({name})");
        if matches!(target.as_str(), "macos" | "freebsd") {
            println!("cargo:rustc-cfg={name}");
        }
    }
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let (version, major) = (variable("CARGO_PKG_VERSION"), variable("CARGO_PKG_VERSION_MAJOR"));
    match target.as_str() {
        "macos" | "ios" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libralph_lock.{major}.dylib");
            println!("cargo:rustc-cdylib-link-arg=-Wl,-current_version,{version}");
            println!("cargo:rustc-cdylib-link-arg=-Wl,-compatibility_version,{major}.0.0");
            // Of the libraries that Rust names, only the C library is used.
            println!("cargo:rustc-cdylib-link-arg=-Wl,-dead_strip_dylibs");
        }
        "linux" | "android" | "freebsd" | "netbsd" | "openbsd" | "dragonfly" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libralph_lock.so.{major}");
            // dlclose(3) must not unmap the code while guards are held and threads run.
            println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
        _ => {}
    }
}
