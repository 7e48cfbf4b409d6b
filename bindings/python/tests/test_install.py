"""The ways to install the package. They compile the extension, so they run only where maturin is installed."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

maturin = pytest.importorskip("maturin")

HERE = Path(__file__).resolve().parents[1]
WORKS = "import ralph_lock, sys; ralph_lock.acquire(sys.argv[1], 'works').release(); print(ralph_lock.__file__)"


def run(*command: "str | Path", cwd: Path = HERE, **environment: str) -> str:
    # The build back end calls `maturin`.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, **environment}
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def environment(folder: Path) -> Path:
    """A new virtual environment."""
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    # Only the build back end, and no other installed package.
    shutil.copytree(Path(maturin.__file__).parent, folder / "tools/maturin")
    return folder / "venv/bin/python"


def pip(target: Path, *arguments: "str | Path") -> None:
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    tools = str(target.parents[2] / "tools")
    run(sys.executable, "-m", "pip", "--python", str(target), "install", *options, *arguments, PYTHONPATH=tools)


def test_the_source_package_can_be_installed(tmp_path: Path) -> None:
    run("maturin", "sdist", "--out", tmp_path)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as contents:
        names = {name.split("/", 1)[1] for name in contents.getnames()}
    assert {"LICENSE", "README.md", "PKG-INFO", "pyproject.toml"} <= names
    target = environment(tmp_path)
    pip(target, archive)
    (tmp_path / "root").mkdir()
    assert str(tmp_path / "venv") in run(target, "-c", WORKS, tmp_path / "root", cwd=tmp_path)


def test_an_editable_package_can_be_imported(tmp_path: Path) -> None:
    # In a copy, because the build puts the extension next to the sources.
    copy = tmp_path / "clone"
    left_out = shutil.ignore_patterns(".git", "target", "node_modules", "*.so")
    shutil.copytree(HERE.parents[1], copy, symlinks=True, ignore=left_out)
    target = environment(tmp_path)
    pip(target, "--editable", copy / "bindings/python")
    (tmp_path / "root").mkdir()
    where = run(target, "-c", WORKS, tmp_path / "root", cwd=tmp_path).strip()
    assert where == str(copy / "bindings/python/python/ralph_lock/__init__.py")


def test_building_leaves_nothing_in_the_clone() -> None:
    leftovers = [
        path for path in HERE.rglob("*") if path.name in ("build", "target") or path.suffix in (".egg-info", ".so")
    ]
    assert leftovers == []
