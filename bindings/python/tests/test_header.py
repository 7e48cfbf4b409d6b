"""The package's numbers and texts are those of the installed header."""

import os
import re
from pathlib import Path

import ralph_lock

HEADER = re.sub(
    r"/\*.*?\*/", "", Path(os.environ["INSTALLED"], "include", "ralph_lock.h").read_text(), flags=re.DOTALL
)
ENUMS = {
    "ralph_lock_status": (ralph_lock.Status, "RALPH_LOCK_"),
    "ralph_lock_state": (ralph_lock.State, "RALPH_LOCK_STATE_"),
    "ralph_lock_filesystem": (ralph_lock.Filesystem, "RALPH_LOCK_FILESYSTEM_"),
    "ralph_lock_liveness": (ralph_lock.Liveness, "RALPH_LOCK_LIVENESS_"),
    "ralph_lock_relation": (ralph_lock.Relation, "RALPH_LOCK_RELATION_"),
}


def test_every_number_is_the_headers() -> None:
    assert set(ENUMS) == set(re.findall(r"^\} (\w+);", HEADER, flags=re.MULTILINE))
    for name, (enum, prefix) in ENUMS.items():
        body = re.search(r"typedef enum \{([^}]*)\} " + name, HEADER)
        assert body is not None
        values = {key: int(value) for key, value in re.findall(prefix + r"(\w+) = (\d+)", body[1])}
        assert values == {member.name: member.value for member in enum}


def test_the_texts_are_the_headers() -> None:
    assert f'#define RALPH_LOCK_FILE "{ralph_lock.LOCK_FILE}"' in HEADER
    assert f'#define RALPH_LOCK_VERSION "{ralph_lock.__version__}"' in HEADER
