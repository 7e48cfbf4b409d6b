"""The wheel, and the package as it is installed from it."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import ralph_lock

HERE = Path(__file__).resolve().parents[1]
REPOSITORY = HERE.parents[1]
INSTALLED = Path(os.environ["INSTALLED"])
LIBRARY = INSTALLED / "lib" / "libralph_lock.so"


def python(code: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, **options)


def build(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    environment = {**os.environ, **environment}
    return subprocess.run([*command, str(HERE)], capture_output=True, text=True, env=environment)


def test_the_wheel_has_the_library_for_its_platform() -> None:
    (wheel,) = Path(os.environ["WHEELS"]).iterdir()
    version = re.search(r'^version = "(.*)"', (REPOSITORY / "Cargo.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert wheel.name.startswith(f"ralph_lock-{version[1]}-py3-none-linux_{os.uname().machine}")
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("ralph_lock/libralph_lock.so") == LIBRARY.read_bytes()
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert any(name.endswith("/LICENSE") for name in archive.namelist())
    sources = {f"ralph_lock/{path.name}" for path in (HERE / "src/ralph_lock").iterdir() if path.is_file()}
    assert names == sources | {"ralph_lock/libralph_lock.so"}


def test_a_library_that_is_given_is_taken(tmp_path: Path) -> None:
    given = tmp_path / "given.so"
    given.write_bytes(b"any library")
    result = build(tmp_path, RALPH_LOCK_LIBRARY=str(given), PATH="")
    assert result.returncode == 0, result.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("ralph_lock/libralph_lock.so") == b"any library"


def test_a_build_without_cargo_says_what_to_do(tmp_path: Path) -> None:
    result = build(tmp_path, PATH=str(tmp_path))
    assert result.returncode != 0
    assert "make and cargo and cc cannot be found" in result.stderr
    assert "./make.sh lib" in result.stderr


def test_building_leaves_nothing_in_the_clone() -> None:
    leftovers = [path for path in HERE.rglob("*") if path.name == "build" or path.suffix in (".egg-info", ".so")]
    assert leftovers == []


def test_it_is_imported_in_a_clean_environment_and_starts_nothing() -> None:
    result = python(
        """
import os, signal
def state():
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    return os.listdir("/proc/self/task"), os.listdir("/proc/self/fd"), handlers, dict(os.environ)
before = state()
import ralph_lock
assert state() == before
with open("/proc/self/maps") as maps:
    libraries = {line.split()[-1] for line in maps if "libralph_lock" in line}
print(libraries == {os.path.join(os.path.dirname(ralph_lock.__file__), "libralph_lock.so")})
""",
        env={},
        cwd="/",
    )
    assert result.stdout == "True\n", result.stderr


def test_it_is_the_installed_package_that_is_tested() -> None:
    assert Path(ralph_lock.__file__).is_relative_to(sys.prefix)
    assert (Path(ralph_lock.__file__).parent / "py.typed").exists()


def test_without_its_own_library_it_takes_the_systems(tmp_path: Path) -> None:
    copy = tmp_path / "ralph_lock"
    shutil.copytree(Path(ralph_lock.__file__).parent, copy)
    (copy / "libralph_lock.so").unlink()
    environment = {"PYTHONPATH": str(tmp_path), "LD_LIBRARY_PATH": str(INSTALLED / "lib")}
    result = python("import ralph_lock; print(ralph_lock.__file__)", env=environment)
    assert result.stdout == f"{copy}/__init__.py\n", result.stderr
    # And says so when that is none.
    (tmp_path / "libralph_lock.so.0").write_text("no library")
    result = python("import ralph_lock", env={**environment, "LD_LIBRARY_PATH": str(tmp_path)})
    assert "ImportError: ralph_lock has no shared library" in result.stderr


def test_the_example_runs(tmp_path: Path) -> None:
    def run(prompt: str) -> "tuple[int, str]":
        program = REPOSITORY / "examples/python/minimal.py"
        result = subprocess.run([sys.executable, program, prompt], cwd=tmp_path, capture_output=True, text=True)
        assert result.stderr == ""
        return result.returncode, result.stdout

    assert run("one") == (0, "we hold ./.ralph/loop.lock and can work\n")
    with ralph_lock.acquire(tmp_path, "the task"):
        record = ralph_lock.read_existing(tmp_path)
        assert record is not None
        assert run("two") == (1, f"process {os.getpid()} is at it since {record.started_text}: the task\n")
    shutil.rmtree(tmp_path / ".ralph")
    (tmp_path / ".ralph").write_text("in the way")
    code, text = run("three")
    assert (code, text[:12]) == (1, "not locked: ")
