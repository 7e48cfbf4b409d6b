//! Builds and runs programs with what `make install` installs, by pkg-config and CMake.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use common::{libraries, root, run};
use tempfile::TempDir;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made")
}

/// `make` with the libraries built for the tests.
fn make(target: &str, variables: &[(&str, &str)]) -> Command {
    let built = libraries().parent().expect("it is in cargo's folder").display();
    let make = |target: &str| {
        let mut make = Command::new("make");
        // If make started the tests, its variables must not reach this one.
        make.args(["--silent", target, &format!("TARGET={built}")]).current_dir(root());
        make.env_remove("MAKEFLAGS").env_remove("MAKELEVEL");
        make
    };
    // One test at a time.
    static ALL: Once = Once::new();
    ALL.call_once(|| drop(run(&mut make("all"))));
    let mut make = make(target);
    make.args(variables.iter().map(|(name, value)| format!("{name}={value}")));
    make
}

/// An awkward installation: a space in the paths, and libraries in a nested directory.
struct Installed {
    folder: TempDir,
}

const PREFIX: &str = "/opt/ralph lock";
const LIBDIR: &str = "lib/x86_64-linux-gnu";

impl Installed {
    fn new() -> Self {
        let installed = Self { folder: folder() };
        run(&mut make("install", &installed.variables()));
        installed
    }

    fn variables(&self) -> [(&str, &str); 3] {
        [("DESTDIR", self.path().to_str().expect("it is UTF-8")), ("PREFIX", PREFIX), ("LIBDIR", LIBDIR)]
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn prefix(&self) -> PathBuf {
        self.path().join(&PREFIX[1..])
    }

    fn libraries(&self) -> PathBuf {
        self.prefix().join(LIBDIR)
    }

    /// A command line of sh, which splits pkg-config's output.
    fn sh(&self, command: &str) -> String {
        run(Command::new("sh")
            .args(["-e", "-c", command])
            .current_dir(self.path())
            .env("example", root().join("examples/c/minimal.c"))
            .env("PKG_CONFIG_PATH", self.libraries().join("pkgconfig"))
            .env("PKG_CONFIG_SYSROOT_DIR", self.path()))
    }

    /// Runs a program in a new workspace: it takes the lock.
    fn runs(&self, program: &Path) {
        let workspace = folder();
        let said = run(Command::new(program).current_dir(&workspace).env("LD_LIBRARY_PATH", self.libraries()));
        assert_eq!(said, "we hold ./.ralph/loop.lock and can work\n");
    }
}

#[test]
fn pkg_config_builds_with_the_shared_library() {
    let installed = Installed::new();
    installed.sh(r#"eval "cc \"\$example\" -o shared $(pkg-config --cflags --libs 'ralph_lock >= 0.1')""#);
    let program = installed.path().join("shared");
    let dynamic = run(Command::new("readelf").args(["--dynamic", "--wide"]).arg(&program));
    assert!(dynamic.contains("[libralph_lock.so.0]"), "{dynamic}");
    installed.runs(&program);
}

#[test]
fn pkg_config_builds_statically() {
    let installed = Installed::new();
    installed.sh(r#"eval "cc -static \"\$example\" -o whole $(pkg-config --static --cflags --libs ralph_lock)""#);
    installed.sh(r#"eval "cc -static -ffunction-sections -Wl,--gc-sections \"\$example\" -o part \
            $(pkg-config --static --cflags --libs ralph_lock)""#);
    let size = |name: &str| fs::metadata(installed.path().join(name)).expect("it was built").len();
    assert!(size("part") < size("whole"), "{} {}", size("part"), size("whole"));
    for program in ["whole", "part"] {
        let program = installed.path().join(program);
        let dynamic = run(Command::new("readelf").args(["--dynamic", "--wide"]).arg(&program));
        assert!(!dynamic.contains("NEEDED"), "{dynamic}");
        installed.runs(&program);
    }
}

/// Every function links with these libraries, and rustc lists each of them.
#[test]
fn a_static_link_needs_what_pkg_config_says() {
    let installed = Installed::new();
    let functions = fs::read_to_string(root().join("abi/symbols.txt")).expect("the list can be read");
    let functions: Vec<&str> = functions.lines().collect();
    let table = format!(
        "#include <ralph_lock.h>\nvoid *functions[] = {{ {} }};\nint main(void) {{ return 0; }}\n",
        functions.iter().map(|name| format!("(void *){name}, ")).collect::<String>()
    );
    fs::write(installed.path().join("all.c"), table).expect("there is room");
    installed.sh(r#"eval "cc -static all.c -o all $(pkg-config --static --cflags --libs ralph_lock)" && ./all"#);

    let empty = installed.path().join("empty.rs");
    fs::write(&empty, "").expect("there is room");
    let mut rustc = Command::new("rustc");
    rustc.args(["--crate-type", "staticlib", "--print", "native-static-libs"]).arg(&empty);
    let output = rustc.current_dir(installed.path()).output().expect("rustc runs");
    let native = String::from_utf8_lossy(&output.stderr).into_owned();
    let all = installed.sh("pkg-config --static --libs ralph_lock");
    let private: Vec<&str> = all.split(" -lralph_lock ").nth(1).expect("they follow").split_whitespace().collect();
    assert!(!private.is_empty());
    for library in private {
        assert!(native.split_whitespace().any(|word| word == library), "{library} is not in {native}");
    }
}

#[test]
fn cmake_builds_with_both_libraries_wherever_they_are() {
    let installed = Installed::new();
    let moved = installed.path().join("moved");
    fs::rename(installed.prefix(), &moved).expect("it can be moved");
    let project = installed.path().join("project");
    fs::create_dir(&project).expect("a folder can be made");
    let example = root().join("examples/c/minimal.c");
    let text = format!(
        "cmake_minimum_required(VERSION 3.13)
        project(client LANGUAGES C)
        foreach(other 0.99 1 2.0 0.1.0.1 1...2 0.0...<{VERSION})
            find_package(ralph_lock ${{other}} QUIET)
            if(ralph_lock_FOUND)
                message(FATAL_ERROR \"{VERSION} was taken for ${{other}}\")
            endif()
        endforeach()
        foreach(same 0 0.0.1 0.1...1 0.1...{VERSION})
            find_package(ralph_lock ${{same}} REQUIRED)
        endforeach()
        find_package(ralph_lock {VERSION} EXACT REQUIRED)
        find_package(ralph_lock 0.1 REQUIRED)
        if(NOT ralph_lock_VERSION STREQUAL {VERSION})
            message(FATAL_ERROR ${{ralph_lock_VERSION}})
        endif()
        foreach(library ralph_lock static)
            add_executable(with_${{library}} \"{}\")
            target_link_libraries(with_${{library}} PRIVATE ralph_lock::${{library}})
        endforeach()\n",
        example.display()
    );
    fs::write(project.join("CMakeLists.txt"), text).expect("there is room");
    let cmake = |arguments: &[&str]| run(Command::new("cmake").args(arguments).current_dir(&project));
    cmake(&["-S", ".", "-B", "built", "-Werror=dev", &format!("-DCMAKE_PREFIX_PATH={}", moved.display())]);
    cmake(&["--build", "built"]);
    for (library, is_shared) in [("ralph_lock", true), ("static", false)] {
        let program = project.join(format!("built/with_{library}"));
        let dynamic = run(Command::new("readelf").args(["--dynamic", "--wide"]).arg(&program));
        assert_eq!(dynamic.contains("[libralph_lock.so.0]"), is_shared, "{dynamic}");
        installed.runs(&program);
    }
}

/// As in later versions, with a major number other than 0.
#[test]
fn cmake_takes_versions_of_one_soname_for_each_other() {
    let folder = folder();
    let template =
        fs::read_to_string(root().join("packaging/ralph_lock-config-version.cmake.in")).expect("it is there");
    let filled = template.replace("@VERSION@", "2.3.4").replace("@MAJOR@", "2");
    fs::write(folder.path().join("version.cmake"), filled).expect("there is room");
    let text = "function(expect wanted major rest)
            set(PACKAGE_FIND_VERSION ${major}${rest})
            set(PACKAGE_FIND_VERSION_MAJOR ${major})
            include(version.cmake)
            if(NOT PACKAGE_VERSION_COMPATIBLE STREQUAL wanted)
                message(FATAL_ERROR \"${PACKAGE_FIND_VERSION}: ${PACKAGE_VERSION_COMPATIBLE}\")
            endif()
        endfunction()
        expect(TRUE 2 \"\")
        expect(TRUE 2 .3.4)
        expect(TRUE 2 .1)
        expect(FALSE 2 .4)
        expect(FALSE 1 .9)
        expect(FALSE 3 \"\")\n";
    fs::write(folder.path().join("try.cmake"), text).expect("there is room");
    run(Command::new("cmake").args(["-P", "try.cmake"]).current_dir(&folder));
}

#[test]
fn everything_names_the_version_of_the_crate() {
    let installed = Installed::new();
    assert_eq!(installed.sh("pkg-config --modversion ralph_lock"), format!("{VERSION}\n"));
    let library = installed.libraries().join("libralph_lock.so");
    let file = fs::canonicalize(&library).expect("it leads to a file");
    assert!(file.ends_with(format!("libralph_lock.so.{VERSION}")), "{}", file.display());
    let dynamic = run(Command::new("readelf").args(["--dynamic", "--wide"]).arg(&library));
    let major = env!("CARGO_PKG_VERSION_MAJOR");
    assert!(dynamic.contains(&format!("soname: [libralph_lock.so.{major}]")), "{dynamic}");
    let page = fs::read_to_string(installed.prefix().join("share/man/man3/ralph_lock.3")).expect("it is installed");
    assert!(page.contains(&format!("\"ralph_lock {VERSION}\"")), "{page}");
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("it can be read");
    let name = |line: &str| manifest.lines().any(|one| one == line);
    assert!(name(&format!("version = \"{VERSION}\"")) && name("versioning = true"));
    let changes = fs::read_to_string(root().join("packaging/debian/changelog")).expect("it can be read");
    assert!(changes.starts_with(&format!("ralph-lock ({VERSION}) ")), "{changes}");
}

#[test]
fn uninstall_removes_what_was_installed_and_nothing_else() {
    let installed = Installed::new();
    let before: BTreeSet<PathBuf> = [
        installed.libraries().join("libralph_lock.so.9"),
        installed.libraries().join("pkgconfig/other.pc"),
        installed.prefix().join("include/other.h"),
    ]
    .into();
    for file in &before {
        fs::write(file, "").expect("there is room");
    }
    assert!(files(installed.path()).len() > 50);
    run(&mut make("uninstall", &installed.variables()));
    assert_eq!(files(installed.path()), before);
    assert!(!installed.libraries().join("cmake/ralph_lock").exists());
    assert!(!installed.prefix().join("share/doc/ralph_lock").exists());
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).expect("it can be read").map(|entry| entry.expect("it can be read"));
    entries
        .flat_map(|entry| match entry.file_type().expect("it is something") {
            kind if kind.is_dir() => files(&entry.path()),
            _ => [entry.path()].into(),
        })
        .collect()
}

#[test]
fn a_relative_prefix_is_below_the_folder_of_make() {
    let here = folder();
    for entry in fs::read_dir(root()).expect("it can be read") {
        let entry = entry.expect("it can be read");
        std::os::unix::fs::symlink(entry.path(), here.path().join(entry.file_name())).expect("a link can be made");
    }
    run(make("install", &[("PREFIX", "put here"), ("DESTDIR", "")]).current_dir(&here));
    let prefix = here.path().join("put here");
    let described = fs::read_to_string(prefix.join("lib/pkgconfig/ralph_lock.pc")).expect("it is installed");
    assert!(described.starts_with(&format!("prefix={}\n", prefix.display())), "{described}");
}

/// As under sudo: root installs what a user has built, without cargo on the path and without building again.
#[test]
fn installing_needs_no_cargo() {
    let installed = Installed::new();
    let path = installed.path().join("path");
    fs::create_dir(&path).expect("a folder can be made");
    let tools = "make sh sed head find install ln rm rmdir chmod basename grep tr id cat uname".split(' ');
    for tool in tools {
        let found = run(Command::new("sh").args(["-c", &format!("command -v {tool}")]));
        std::os::unix::fs::symlink(found.trim(), path.join(tool)).expect("a link can be made");
    }
    let library = libraries().join("libralph_lock.a");
    let modified = || fs::metadata(&library).and_then(|data| data.modified()).expect("it is there");
    let before = modified();
    for target in ["uninstall", "install"] {
        let output = make(target, &installed.variables()).env("PATH", &path).output().expect("make runs");
        assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    }
    assert!(installed.libraries().join("libralph_lock.so").exists());
    assert_eq!(modified(), before);

    // Without a build the message names the remedy.
    let mut nothing = make("install", &installed.variables());
    let output = nothing.arg(format!("TARGET={}/nothing", installed.path().display())).env("PATH", &path).output();
    let output = output.expect("make runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("Run `make` first"), "{said}");
}
