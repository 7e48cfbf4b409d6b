//! The shared library's name and behaviour in the dynamic linker; with the feature `header`, also
//! `include/ralph_lock.h` and the manual that is made of it.

#[cfg(feature = "header")]
#[path = "header.rs"]
mod header;
#[cfg(feature = "header")]
#[path = "man.rs"]
mod man;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The tests build C programs for the same machine.
    println!("cargo:rustc-env=RALPH_LOCK_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    let target = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    // What only Linux has is compiled under this name.
    println!("cargo:rustc-check-cfg=cfg(linux)");
    if target == "linux" && std::env::var_os("CARGO_FEATURE_PORTABLE").is_none() {
        println!("cargo:rustc-cfg=linux");
    }
    let major = std::env::var("CARGO_PKG_VERSION_MAJOR").unwrap_or_default();
    match target.as_str() {
        "macos" | "ios" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libralph_lock.{major}.dylib");
        }
        "linux" | "android" | "freebsd" | "netbsd" | "openbsd" | "dragonfly" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libralph_lock.so.{major}");
            // A dlclose must not take the code away from guards that are held and threads that still run.
            println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
        _ => {}
    }
    #[cfg(feature = "header")]
    {
        println!("cargo:rerun-if-changed=header.rs");
        println!("cargo:rerun-if-changed=man.rs");
        println!("cargo:rerun-if-changed=cbindgen.toml");
        println!("cargo:rerun-if-changed=src");
        let root = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
        let text = header::generate(&root);
        let manual = root.join(man::FOLDER);
        std::fs::create_dir_all(&manual).expect("the manual's folder can be made");
        for (name, page) in man::generate(&text) {
            std::fs::write(manual.join(name), page).expect("a page can be written");
        }
        std::fs::write(root.join(header::PATH), text).expect("the header can be written");
    }
}
