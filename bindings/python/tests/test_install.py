"""The ways to install the package. They compile the extension, so they run only where maturin is installed."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

pytest.importorskip("maturin")

HERE = Path(__file__).resolve().parents[1]
WORKS = "import ralph_lock, sys; ralph_lock.acquire(sys.argv[1], 'works').release(); print(ralph_lock.__file__)"


def run(*command: "str | Path", cwd: Path = HERE) -> str:
    # The build back end calls `maturin`.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def environment(folder: Path) -> Path:
    """A new virtual environment that has the build tools of this one."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    return folder / "bin/python"


def pip(target: Path, *arguments: "str | Path") -> None:
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    run(sys.executable, "-m", "pip", "--python", str(target), "install", *options, *arguments)


def test_the_source_package_can_be_installed(tmp_path: Path) -> None:
    run("maturin", "sdist", "--out", tmp_path)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as contents:
        names = {name.split("/", 1)[1] for name in contents.getnames()}
    assert {"LICENSE", "README.md", "PKG-INFO", "pyproject.toml"} <= names
    target = environment(tmp_path / "venv")
    pip(target, archive)
    (tmp_path / "root").mkdir()
    assert str(tmp_path / "venv") in run(target, "-c", WORKS, tmp_path / "root", cwd=tmp_path)


def test_an_editable_package_can_be_imported(tmp_path: Path) -> None:
    # In a copy, because the extension is put next to the sources.
    copy = tmp_path / "clone"
    for name in ("Cargo.toml", "Cargo.lock", "build.rs", "LICENSE", "README.md"):
        copy.mkdir(exist_ok=True)
        shutil.copy(HERE.parents[1] / name, copy / name)
    shutil.copytree(HERE.parents[1] / "src", copy / "src")
    shutil.copytree(HERE, copy / "bindings/python", symlinks=True, ignore=shutil.ignore_patterns("target", "*.so"))
    target = environment(tmp_path / "venv")
    pip(target, "--editable", copy / "bindings/python")
    (tmp_path / "root").mkdir()
    where = run(target, "-c", WORKS, tmp_path / "root", cwd=tmp_path).strip()
    assert where == str(copy / "bindings/python/python/ralph_lock/__init__.py")


def test_building_leaves_nothing_in_the_clone() -> None:
    leftovers = [
        path for path in HERE.rglob("*") if path.name in ("build", "target") or path.suffix in (".egg-info", ".so")
    ]
    assert leftovers == []
