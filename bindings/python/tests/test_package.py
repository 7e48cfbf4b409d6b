"""The wheel, and the package installed from it."""

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


def python(code: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, **options)


def test_the_wheel_is_for_every_python_from_3_9_on() -> None:
    (wheel,) = Path(os.environ["WHEELS"]).iterdir()
    version = re.search(r'^version = "(.*)"', (REPOSITORY / "Cargo.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert wheel.name.startswith(f"ralph_lock-{version[1]}-cp39-abi3-")
    assert ralph_lock.__version__ == version[1]
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        (licence,) = (name for name in archive.namelist() if name.endswith("/LICENSE"))
        assert archive.read(licence) == (REPOSITORY / "LICENSE").read_bytes()
    sources = {f"ralph_lock/{path.name}" for path in (HERE / "python/ralph_lock").iterdir() if path.is_file()}
    assert names == sources | {"ralph_lock/_native.abi3.so"}


def test_the_extension_exports_no_function_of_the_c_library() -> None:
    (extension,) = Path(ralph_lock.__file__).parent.glob("_native*.so")
    text = extension.read_bytes()
    assert b"PyInit__native" in text and b"ralph_lock_try_acquire" not in text


def test_the_import_needs_no_environment_and_starts_nothing() -> None:
    result = python(
        """
import os, signal
def state():
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    return os.listdir("/proc/self/task"), os.listdir("/proc/self/fd"), handlers, dict(os.environ)
before = state()
import ralph_lock
assert state() == before
print("as before")
""",
        env={},
        cwd="/",
    )
    assert result.stdout == "as before\n", result.stderr


def test_the_tested_package_is_the_installed_one() -> None:
    assert Path(ralph_lock.__file__).is_relative_to(sys.prefix)
    assert (Path(ralph_lock.__file__).parent / "py.typed").exists()


def test_the_import_loads_no_slow_module() -> None:
    result = python("import sys, ralph_lock; print(*sys.modules)", env={"PYTHONNOUSERSITE": "1"})
    loaded = set(result.stdout.split())
    assert "ralph_lock._native" in loaded, result.stderr
    # Some Pythons, or packages installed for them, load one of these at startup.
    started = set(python("import sys; print(*sys.modules)").stdout.split())
    slow = {"asyncio", "ctypes", "dataclasses", "datetime", "inspect", "logging", "pathlib", "re", "socket", "typing"}
    assert loaded & slow - started == set()


def test_a_subinterpreter_cannot_import_the_package() -> None:
    code = "import ralph_lock"
    program = f"""
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
interpreter = interpreters.create()
try:
    failed = interpreters.run_string(interpreter, {code!r})
except interpreters.RunFailedError as error:
    failed = error
print("subinterpreters" in str(failed), flush=True)
"""
    for before in ("", "import ralph_lock"):
        result = python(before + program, timeout=60)
        assert result.stdout == "True\n", result.stderr


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
        assert run("two") == (1, f"taken by {record.summary}\n")
    shutil.rmtree(tmp_path / ".ralph")
    (tmp_path / ".ralph").write_text("in the way")
    code, text = run("three")
    assert (code, text[:12]) == (1, "not locked: ")
