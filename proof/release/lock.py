"""Takes the lock with the module and with the wheel's command: each is refused by the other, with its name."""

import subprocess
import sys
from pathlib import Path

import ralph_lock

root = sys.argv[1]
ANOTHER = """
import ralph_lock, sys
try:
    ralph_lock.try_acquire(sys.argv[1], "another")
except ralph_lock.HeldError as error:
    sys.exit(str(error))
"""


def run(prompt: str, *command: str) -> "tuple[int, str]":
    words = ["ralph-lock", "run", root, "--prompt", prompt, "--", *command]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    return done.returncode, done.stderr


with ralph_lock.acquire(root, "by the module"):
    status, said = run("by the tool", "true")
    assert status == 75 and "by the module" in said, (status, said)
status, said = run("by the tool", sys.executable, "-c", ANOTHER, root)
assert status == 1 and "by the tool" in said, (status, said)
assert ralph_lock.inspect(root).state is ralph_lock.State.FREE
# The licences of all that the wheel contains come with it.
(licences,) = Path(ralph_lock.__file__).parents[1].glob("ralph_lock-*.dist-info/licenses/LICENSES.txt")
assert "musl" in licences.read_text(encoding="utf-8")
print(f"{ralph_lock.__version__} with Python {sys.version.split()[0]}")
