"""What the package says of the library is what its header says, as it is installed."""

import ctypes
import os
import re
from pathlib import Path
from typing import Any

import pytest

import ralph_lock
from ralph_lock import _library

HEADER = re.sub(
    r"/\*.*?\*/", "", Path(os.environ["INSTALLED"], "include", "ralph_lock.h").read_text(), flags=re.DOTALL
)

TYPES: dict[str, Any] = {
    "void": None,
    "bool": ctypes.c_bool,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
}
HANDLES = set(re.findall(r"^typedef struct (\w+) \1;", HEADER, flags=re.MULTILINE))
ENUMS = {
    "ralph_lock_status": (ralph_lock.Status, "RALPH_LOCK_"),
    "ralph_lock_state": (ralph_lock.State, "RALPH_LOCK_STATE_"),
    "ralph_lock_filesystem": (ralph_lock.Filesystem, "RALPH_LOCK_FILESYSTEM_"),
    "ralph_lock_liveness": (ralph_lock.Liveness, "RALPH_LOCK_LIVENESS_"),
    "ralph_lock_relation": (ralph_lock.Relation, "RALPH_LOCK_RELATION_"),
}


def ctypes_of(declaration: str) -> Any:
    """The type of a parameter or of a result."""
    match = re.match(r"(?:const )?(\w+) ?(\**)", declaration.strip())
    assert match is not None
    kind, stars = match.groups()
    if kind in ENUMS:
        base: Any = ctypes.c_int
    elif kind == "char":
        base, stars = ctypes.c_char_p, stars[1:]
    elif kind in HANDLES:
        base, stars = ctypes.c_void_p, stars[1:]
    else:
        base = TYPES[kind]
    return ctypes.POINTER(base) if stars else base


def test_every_function_is_declared_as_it_is() -> None:
    functions = {}
    for result, name, parameters in re.findall(
        r"^((?:const )?\w+ \*?)(ralph_lock_\w+)\(([^)]*)\);", HEADER, flags=re.MULTILINE
    ):
        each = [] if parameters == "void" else parameters.split(",")
        functions[name] = (ctypes_of(result), [ctypes_of(parameter) for parameter in each])
    assert len(functions) > 40
    assert functions == _library.SIGNATURES


def test_every_number_is_the_headers() -> None:
    assert set(ENUMS) == set(re.findall(r"^\} (\w+);", HEADER, flags=re.MULTILINE))
    for name, (enum, prefix) in ENUMS.items():
        body = re.search(r"typedef enum \{([^}]*)\} " + name, HEADER)
        assert body is not None
        values = {key: int(value) for key, value in re.findall(prefix + r"(\w+) = (\d+)", body[1])}
        assert values == {member.name: member.value for member in enum}
    for status in ralph_lock.Status:
        assert _library.lib.ralph_lock_status_name(status).decode() == f"RALPH_LOCK_{status.name}"


def test_the_texts_are_the_headers() -> None:
    assert f'#define RALPH_LOCK_FILE "{ralph_lock.LOCK_FILE}"' in HEADER
    assert f'#define RALPH_LOCK_VERSION "{ralph_lock.__version__}"' in HEADER


@pytest.mark.parametrize("enum", [ralph_lock.Filesystem, ralph_lock.Liveness, ralph_lock.Relation])
def test_what_a_later_library_says_is_unknown(enum: Any) -> None:
    assert enum(1000) is enum.UNKNOWN
