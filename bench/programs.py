"""The programs that are measured, and how each is built.

All is built in a folder of its own. A package or a peer that cannot be built is left out, and the page says why.
"""

import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile

BENCH = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(BENCH)
OURS = os.path.join(BENCH, "ours")
PEERS = os.path.join(BENCH, "peers")
FLAGS = ["-O2", "-Wall", "-Wextra", "-Werror"]
C = ["-std=gnu99", *FLAGS]

OURSELVES = "ours"
FLOOR = "floor"
RALPH_CORE = "ralph-core"


@dataclasses.dataclass
class Program:
    """A measured program. `command` lacks the root, its last argument."""

    key: str
    name: str
    command: list
    operations: frozenset
    # How it names its holder, and what of the library's work it leaves out.
    records: str = ""
    lacks: str = ""
    # Whether it is one of the library's packages.
    is_package: bool = False


class Missing(Exception):
    """Something cannot be measured; the text says why."""


def run(*command, environment=None, folder=None):
    """The output of a command."""
    try:
        done = subprocess.run(command, env={**os.environ, **(environment or {})}, text=True, cwd=folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError as error:
        raise Missing(f"there is no `{command[0]}`") from error
    if done.returncode != 0:
        raise Missing(f"`{' '.join(command)}` failed: {(done.stdout.strip().splitlines() or ['?'])[-1]}")
    return done.stdout.strip()


def debian(package):
    return run("dpkg-query", "-W", "-f", "${Version}", package)


class Builder:
    """Builds programs into one folder, with the library in another and the prefix that it is installed in."""

    def __init__(self, compiler, lib, built, installed=None):
        self.compiler, self.lib, self.built, self.installed = compiler, lib, built, installed
        os.makedirs(built, exist_ok=True)

    def path(self, name):
        return os.path.join(self.built, name)

    def ours(self, name, *flags):
        """One of the programs in C that belong to the library."""
        program = self.path(name)
        run(self.compiler, *C, "-I" + os.path.join(PROJECT, "include"), os.path.join(OURS, name + ".c"), "-o", program,
            "-L" + self.lib, "-lralph_lock", "-Wl,-rpath," + self.lib, "-pthread", *flags)
        return [program]

    def empty_library(self):
        """A Rust library that does nothing."""
        source, library = self.path("empty.rs"), self.path("libempty.so")
        with open(source, "w", encoding="utf-8") as file:
            file.write("//! Nothing.\n")
        run("rustc", "--crate-type", "cdylib", "-C", "opt-level=3", "-C", "lto=fat", "-C", "strip=symbols", source,
            "-o", library)
        return library

    def python(self):
        """A Python with the peers that are written in it."""
        python = self.path("venv/bin/python")
        requirements = os.path.join(PEERS, "requirements.txt")
        if not os.path.exists(python):
            run(sys.executable, "-m", "venv", self.path("venv"))
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements)
        return python

    def package_version(self, package):
        return run(self.python(), "-c", f"import importlib.metadata as m; print(m.version('{package}'))")

    def go(self, name):
        program = self.path(name)
        run("go", "build", "-o", program, os.path.join(PEERS, name + ".go"),
            environment={"GO111MODULE": "off", "GOPATH": "/usr/share/gocode"})
        return [program]

    def go_with_package(self, name):
        """A program of the library's in Go, with the Go package and the installed library."""
        folder, lib = self.path(f"go-{name}"), os.path.join(self.installed, "lib")
        os.makedirs(folder, exist_ok=True)
        shutil.copy(os.path.join(OURS, name + ".go"), os.path.join(folder, "main.go"))
        with open(os.path.join(folder, "go.mod"), "w", encoding="utf-8") as file:
            file.write("module bench\n\ngo 1.19\n\nrequire ralphlock v0.0.0\n\nreplace ralphlock => "
                       f"{os.path.join(PROJECT, 'bindings', 'go')}\n")
        run("go", "build", "-o", name, ".", folder=folder, environment={
            "GO111MODULE": "on", "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOWORK": "off", "CGO_ENABLED": "1",
            "CGO_LDFLAGS": f"-Wl,-rpath,{lib}", "PKG_CONFIG_PATH": os.path.join(lib, "pkgconfig")})
        return [os.path.join(folder, name)]

    def cpp(self, name, *flags):
        program = self.path(name)
        run("g++", *FLAGS, os.path.join(PEERS, name + ".cpp"), "-o", program, *flags)
        return [program]

    def qt(self, name):
        return self.cpp(name, "-fPIC", *run("pkg-config", "--cflags", "--libs", "Qt5Core").split())


EVERY = frozenset({"pair", "disk", "refused"})
TRIES = frozenset({"pair", "refused"})
NAMED = "pid, start, prompt, host, process"


def our_programs(build):
    asked = frozenset({"record", "locked", "free", "inspect"})
    return [
        Program(OURSELVES, "ralph_lock", build.ours("worker"), EVERY | asked, NAMED),
        Program(FLOOR, "its system calls in C", build.ours("floor"), EVERY | asked, "the same", "anything else"),
    ]


def package(language, command):
    operations = TRIES | {"record", "locked", "free"}
    return [Program(f"{language} package", f"ralph_lock for {language}", command, operations, NAMED, is_package=True)], []


def go_package(build):
    return package("Go", build.go_with_package("package"))


def python_package(build):
    interpreter = build.python()
    run(interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--force-reinstall",
        os.path.join(PROJECT, "bindings", "python"), environment={"CARGO_TARGET_DIR": build.path("python-package")})
    return package("Python", [interpreter, os.path.join(OURS, "package.py")])


def node_package(build):
    run("node", os.path.join(PROJECT, "bindings", "node", "build.js"),
        environment={"CARGO_TARGET_DIR": build.path("node-package")})
    return package("Node", ["node", os.path.join(OURS, "package.mjs")])


def rust(build):
    run("cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", os.path.join(BENCH, "rust/Cargo.toml"),
        "--target-dir", build.path("rust"))
    program = build.path("rust/release/ralph-lock-bench")
    listed = run("cargo", "tree", "--locked", "--depth", "1", "--prefix", "none", "--manifest-path",
                 os.path.join(BENCH, "rust/Cargo.toml"))
    versions = [f"Rust {' '.join(line.split(' ')[:2])}" for line in listed.splitlines()[1:]]
    nameless = "does not name the holder"
    return [
        Program(RALPH_CORE, "Rust ralph-core", [program, "ralph-core"], EVERY | {"record", "locked", "free"},
                "pid, start, prompt", "two holders after an `rm`"),
        Program("fslock-pid", "Rust fslock, with pid", [program, "fslock-pid"], EVERY, "pid",
                "two holders after an `rm`, blanks after unlocking"),
        Program("fslock", "Rust fslock", [program, "fslock"], TRIES, "", nameless),
        Program("fd-lock", "Rust fd-lock", [program, "fd-lock"], TRIES, "", nameless),
        Program("fs4", "Rust fs4", [program, "fs4"], TRIES, "", nameless),
    ], versions


def libbsd(build):
    program = build.path("libbsd")
    run(build.compiler, *C, os.path.join(PEERS, "libbsd.c"), "-o", program, "-lbsd")
    return [Program("libbsd", "C libbsd pidfile", [program], EVERY, "pid", "names only a pid, cannot wait")], \
        [f"C libbsd {debian('libbsd-dev')}"]


def qlockfile(build):
    return [Program("qlockfile", "C++ QLockFile", build.qt("qlockfile"), EVERY | {"record"}, "pid, program, host",
                    "the lock is the existence of a file, which can be stale")], \
        [f"C++ Qt {run('pkg-config', '--modversion', 'Qt5Core')}"]


def boost(build):
    return [Program("boost", "C++ Boost file_lock", build.cpp("boost"), TRIES, "",
                    "does not name the holder, excludes no thread of the same process")], \
        [f"C++ Boost {debian('libboost-dev')}"]


def gofrs(build):
    return [Program("gofrs", "Go gofrs/flock", build.go("gofrs"), TRIES, "",
                    "does not name the holder; its refused try keeps the file open")], \
        [f"Go gofrs/flock {debian('golang-github-gofrs-flock-dev')}"]


def python(build):
    interpreter = build.python()
    names = ("fasteners", "filelock", "portalocker")
    fasteners, filelock, portalocker = (os.path.join(PEERS, name + "_tries.py") for name in names)
    return [
        Program("fasteners", "Python fasteners", [interpreter, fasteners], TRIES, "", "does not name the holder"),
        Program("filelock", "Python filelock", [interpreter, filelock], TRIES, "", "does not name the holder"),
        Program("portalocker", "Python portalocker", [interpreter, portalocker, "lock"], TRIES, "",
                "does not name the holder"),
        Program("portalocker-pid", "Python portalocker, with pid", [interpreter, portalocker, "pid"], TRIES, "pid",
                "names only a pid"),
    ], [f"Python {name} {build.package_version(name)}" for name in names]


def node(build):
    modules = build.path("node")
    os.makedirs(modules, exist_ok=True)
    shutil.copy(os.path.join(PEERS, "package.json"), modules)
    shutil.copy(os.path.join(PEERS, "proper.js"), modules)
    if not os.path.isdir(os.path.join(modules, "node_modules", "proper-lockfile")):
        run("npm", "install", "--silent", "--no-package-lock", "--no-audit", "--no-fund", folder=modules)
    version = run("node", "-p", "require('proper-lockfile/package.json').version", folder=modules)
    return [Program("proper", "Node proper-lockfile", ["node", os.path.join(modules, "proper.js")],
                    TRIES | {"locked", "free"}, "", "does not name the holder; the lock is the existence of a folder, with "
                    "a heartbeat")], [f"Node proper-lockfile {version}, Node {run('node', '--version')}"]


def check(program):
    """Whether a program runs: one that does not is left out, and does not end the measurement of all."""
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(os.path.join(root, ".ralph"))
        try:
            done = subprocess.run([*program.command, root], input="pair 1\n", text=True, capture_output=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Missing(f"{program.name} does not run: {error}") from error
    if done.returncode != 0 or not done.stdout.strip().isdigit():
        raise Missing(f"{program.name} does not run: {(done.stderr.strip().splitlines() or ['it says nothing'])[-1]}")


def others(build):
    """The packages and the peers that can be built, their versions, and why others cannot."""
    programs, versions, missing = [], [], []
    for make in (rust, libbsd, qlockfile, boost, go_package, gofrs, python_package, python, node_package, node):
        try:
            made, known = make(build)
            for program in made:
                check(program)
            programs += made
            versions += known
        except Missing as reason:
            missing.append(str(reason))
    return programs, versions, missing
