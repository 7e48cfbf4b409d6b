"""What becomes of a command when its terminal goes away and the kernel tells only the session's leader, the tool.

Usage: hang_up.py TOOL, in an empty folder. Exit status 0: all is as it should be.
"""

import os
import pty
import signal
import sys

TOOL = sys.argv[1]


def lose_terminal(hang_up):
    """Starts the tool as the leader of a session on a terminal, and closes that terminal when the command runs; gives
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

# nohup(1) makes the hang-up ignored: the command goes on until it is told to end.
pid = lose_terminal(signal.SIG_IGN)
with open("pipe", "w") as line:
    line.write("go on\n")
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 8
assert not os.path.exists("up")
