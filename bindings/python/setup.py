"""Puts the shared library, which cargo builds, into the wheel. Everything else is in pyproject.toml."""

import atexit
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

REPOSITORY = Path(__file__).resolve().parents[2]


def version():
    manifest = REPOSITORY / "Cargo.toml"
    if not manifest.exists():
        raise SystemExit("ralph-lock is built within a clone of its repository, by pip 21.3 or newer")
    return re.search(r'^version = "(.*)"', manifest.read_text(), re.MULTILINE).group(1)


def shared_library(scratch):
    """The library that RALPH_LOCK_LIBRARY names, or else one that is built now."""
    given = os.environ.get("RALPH_LOCK_LIBRARY")
    if given:
        if not (Path(given).is_absolute() and Path(given).is_file()):
            raise SystemExit(f"RALPH_LOCK_LIBRARY must be the full path of a file, not {given}")
        return given
    missing = [tool for tool in ("make", "cargo", "cc") if shutil.which(tool) is None]
    if missing:
        raise SystemExit(
            f"The shared library cannot be built: {' and '.join(missing)} cannot be found. In the clone, run\n"
            "    ./make.sh lib\n"
            "which installs what it needs. Then try again; where Rust is not on PATH, with\n"
            '    RALPH_LOCK_LIBRARY="$PWD/target/lib/libralph_lock.so"'
        )
    prefix = Path(scratch, "installed")
    places = [f"PREFIX={prefix}", f"LIBDIR={prefix}/lib", f"INCLUDEDIR={prefix}/include", "DESTDIR="]
    subprocess.run(["make", "--silent", "install", *places], cwd=REPOSITORY, check=True)
    return prefix / "lib" / "libralph_lock.so"


class BuildWithLibrary(build_py):
    def run(self):
        super().run()
        shutil.copy(shared_library(SCRATCH), Path(self.build_lib, "ralph_lock", "libralph_lock.so"))


class WheelForEveryPython(bdist_wheel):
    """The library is for one platform, but what calls it, ctypes, is in every Python 3."""

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


class WithLibrary(Distribution):
    def has_ext_modules(self):
        return True


# What setuptools leaves behind goes where it does not litter the clone.
SCRATCH = tempfile.mkdtemp(prefix="ralph-lock-")
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)

setup(
    version=version(),
    distclass=WithLibrary,
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": WheelForEveryPython},
    options={"build": {"build_base": SCRATCH}, "egg_info": {"egg_base": SCRATCH}},
)
