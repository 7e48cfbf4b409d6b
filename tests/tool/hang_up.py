"""When a terminal hangs up and the kernel signals only the session leader, the tool, the command gets the signal too.

Usage: hang_up.py TOOL, in an empty directory. Exit status 0: passed.
"""

import os
import pty
import signal
import sys

TOOL = sys.argv[1]


def lose_terminal(hang_up):
    """Starts the tool as the session leader on a terminal, and closes that terminal when the command runs; returns
    the tool's process."""
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    script = f"trap 'echo hung >up; exit 7' HUP; echo on >&{writer}; read line <pipe; exit 8"
    pid, terminal = pty.fork()
    if pid == 0:
        os.close(reader)
        signal.signal(signal.SIGHUP, hang_up)
        os.execv(TOOL, [TOOL, "run", "--", "sh", "-c", script])
    os.close(writer)
    assert os.read(reader, 3) == b"on\n"
    os.close(reader)
    os.close(terminal)
    return pid


os.mkfifo("pipe")
pid = lose_terminal(signal.SIG_DFL)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
os.remove("up")

# nohup(1) ignores the hang-up: the command continues until it is told to end.
pid = lose_terminal(signal.SIG_IGN)
with open("pipe", "w") as line:
    line.write("go on\n")
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 8
assert not os.path.exists("up")
