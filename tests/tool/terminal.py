"""The tool's output on a terminal, and the effects of the terminal's keys.

Usage: terminal.py TOOL, in an empty directory. Exit status 0: passed.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

TOOL = sys.argv[1]
PATIENCE = 20


class Terminal:
    """A command in the foreground of a new terminal, below a stand-in for a shell."""

    def __init__(self, arguments, columns=80, term="xterm"):
        self.seen = ""
        self.command = " ".join(arguments)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # Only the starter may have the pipe to a holder.
            os.closerange(3, 256)
            size = struct.pack("HHHH", 24, columns, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.environ.update(TERM=term, LC_ALL="C.UTF-8")
            lead(arguments)

    def until(self, pattern):
        """Reads until the pattern matches; returns the match, and drops the text up to its end."""
        end = time.monotonic() + PATIENCE
        while not (match := re.search(pattern, self.seen)):
            left = max(0, end - time.monotonic())
            missing = f"{self.command}: expected {pattern!r}, the terminal shows {self.seen!r}"
            assert select.select([self.fd], [], [], left)[0], missing
            try:
                self.seen += os.read(self.fd, 65536).decode()
            except OSError:
                raise AssertionError(missing)
        self.seen = self.seen[match.end() :]
        return match

    def key(self, letter):
        os.write(self.fd, bytes([ord(letter) & 0x1F]))

    def resize(self, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def lead(arguments):
    """Acts as a shell: runs a job in the foreground, reports when it stops, and continues it."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        for number in (signal.SIGTTOU, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.execv(arguments[0], arguments)
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        os.tcsetpgrp(0, os.getpgrp())
        print("[stopped]", flush=True)
        alone = sys.stdin.readline() == "alone\n"
        os.tcsetpgrp(0, job)
        (os.kill if alone else os.killpg)(job, signal.SIGCONT)
        print("[continued]", flush=True)
    os.tcsetpgrp(0, os.getpgrp())
    print(f"[ended {status}]", flush=True)
    os._exit(0)


def hold(prompt):
    """Holds the lock until its standard input is closed."""
    command = [TOOL, "run", "--prompt", prompt, "--", "sh", "-c", "echo on; read line"]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    line = holder.stdout.readline()
    assert line == b"on\n", f"{' '.join(command)}: expected 'on', it printed {line!r}"
    return holder


def expect(status, *arguments):
    """Runs the tool, which must exit with that status."""
    done = subprocess.run([TOOL, *arguments], capture_output=True, text=True)
    came = f"it ended with {done.returncode} and printed {done.stdout!r} and {done.stderr!r}"
    assert done.returncode == status, f"ralph-lock {' '.join(arguments)}: expected status {status}, {came}"


def let_go(holder):
    holder.stdin.close()
    holder.stdout.close()
    holder.wait()


def wide(text):
    """The columns of a text without escape sequences; East Asian characters are two wide."""
    return sum(2 if "\u2e80" <= letter <= "\uffef" else 1 for letter in text)


def one_line_updates_and_goes_away():
    holder = hold("line\n\x1b[31mred\u202e\u6f22\u5b57" + "\u6f22" * 1000)
    terminal = Terminal([TOOL, "run", "--wait", "--", "echo", "ran"])
    shown = rf"\r(waiting: held by process {holder.pid} for (\d+) s: [^\r\n\x1b]*)\x1b\[K"
    first = terminal.until(shown)
    assert "line\\n\\u{1b}[31mred" in first[1] and first[1].endswith("..."), first[1]
    assert 70 <= wide(first[1]) < 80, first[1]
    # A second later it shows a longer time.
    while int(terminal.until(shown)[2]) == int(first[2]):
        continue
    terminal.resize(60)
    while wide(terminal.until(shown)[1]) >= 60:
        continue
    let_go(holder)
    terminal.until(r"\r\x1b\[Kran\r\n")
    terminal.until(r"\[ended 0\]")
    terminal.close()


def a_terminal_without_sequences_gets_none():
    holder = hold("works")
    terminal = Terminal([TOOL, "wait", "--timeout", "0.1"], term="dumb")
    terminal.until(r"^ralph-lock: waiting: held by process \d+ since [^\x1b]*: works\r\n")
    terminal.until(r"is held by process \d+ since [^\x1b]*: works\r\n\[ended 19200\]")
    let_go(holder)
    terminal.close()


def control_c_ends_a_wait_and_clears_the_line():
    holder = hold("works")
    terminal = Terminal([TOOL, "run", "--wait", "--", "echo", "ran"])
    terminal.until(r"waiting: [^\r]*\x1b\[K")
    terminal.key("C")
    terminal.until(r"\r\x1b\[K\[ended 2\]")
    let_go(holder)
    terminal.close()


def control_c_reaches_the_command_once():
    # It counts the signals; the one sent last arrives last.
    script = """import signal, sys
both = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, both)
print("on", flush=True)
count = 0
while signal.sigwait(both) == signal.SIGINT:
    count += 1
    print("took", count, flush=True)
sys.exit(count)"""
    terminal = Terminal([TOOL, "run", "--", sys.executable, "-c", script])
    terminal.until("on\r\n")
    terminal.key("C")
    terminal.until("took 1\r\n")
    terminal.key("C")
    terminal.until("took 2\r\n")
    expect(0, "signal")
    terminal.until(r"\[ended 512\]")
    terminal.close()
    # A command that does not catch the signal dies of it, and so does the tool: a shell's loop ends then.
    terminal = Terminal([TOOL, "run", "--", "sh", "-c", "echo on; exec sleep 1000"])
    terminal.until("on\r\n")
    terminal.key("C")
    terminal.until(r"\[ended 2\]")
    terminal.close()


def a_wait_in_the_background_leaves_the_prompt_alone():
    holder = hold("works")
    # A shell whose prompt is on the screen while its job waits; it waits for the job only after a line was typed.
    script = f"set -m; {TOOL} run --wait -- echo ran & printf 'prompt '; read line; fg; echo done"
    terminal = Terminal(["/bin/bash", "--norc", "-c", script])
    both = r"(?s)(?=.*prompt )(?=.*waiting: held by process \d+ since [^\r]*: works\r\n).*"
    seen = terminal.until(both)[0]
    assert "\r" not in seen.replace("\r\n", "") and "\x1b[K" not in seen, seen
    # A second later nothing is added.
    assert not select.select([terminal.fd], [], [], 1.5)[0], os.read(terminal.fd, 65536)
    os.write(terminal.fd, b"\n")
    # In the foreground it shows the wait's line.
    terminal.until(r"\rwaiting: held by process \d+ for \d+ s: works\x1b\[K")
    let_go(holder)
    terminal.until(r"\r\x1b\[Kran\r\n")
    terminal.until(r"done\r\n")
    terminal.close()


def control_z_stops_both_and_they_continue():
    terminal = Terminal([TOOL, "run", "--", "sh", "-c", "echo on; read a; echo $a; kill -STOP $$; echo again; exit 3"])
    terminal.until("on\r\n")
    for _ in range(2):
        terminal.key("Z")
        terminal.until(r"\[stopped\]\r\n")
        expect(1, "status", "-q")
        os.write(terminal.fd, b"\n")
        terminal.until(r"\[continued\]\r\n")
    # When the command stops itself, the shell gets the terminal. Only the tool is continued, and continues the command.
    os.write(terminal.fd, b"typed\n")
    terminal.until(r"\[stopped\]\r\n")
    os.write(terminal.fd, b"alone\n")
    terminal.until(r"again\r\n")
    terminal.until(r"\[ended 768\]")
    expect(0, "status", "-q")
    terminal.close()


one_line_updates_and_goes_away()
a_terminal_without_sequences_gets_none()
control_c_ends_a_wait_and_clears_the_line()
control_c_reaches_the_command_once()
control_z_stops_both_and_they_continue()
a_wait_in_the_background_leaves_the_prompt_alone()
