"""Makes docs/generated/faults.md from the program's output, and the figures for `run`.

    page.py PAGE SYMBOLS <lines
"""

import sys

COLUMNS = ("EINTR EMFILE ENFILE ENOMEM EIO ENOSPC EDQUOT ENOLCK ENOSYS EOPNOTSUPP EACCES EROFS ESTALE short killed").split()

INTRO = """# The outcome of every fault

Made by `make proof-faults UPDATE=1`, and compared with the library's behaviour by `make proof-faults`. Each exported
function runs on each of its paths. Each system call on that path fails, one at a time, with each error that such a call
can give, and the process is killed instead of making it. Rules decide which outcome is right, not this page:

- ALREADY_LOCKED is returned only if another process has the lock.
- OK means that the lock is held, seen from another process, or that the answer is true.
- A failure is reported with the error of the failed call, in the error object and in `errno` (UNSUPPORTED_PLATFORM means
  ENOSYS and has none), and names the lock file, or the directory above it that could not be created. A caller that may
  not write, and then cannot read either, learns that it may not write.
- EINTR changes nothing, except that it ends a wait: INTERRUPTED.
- A short read or write (the kernel is asked for half) changes nothing.
- If the root may not be read (EACCES), or flock(2) fails on it, the lock file alone decides: the answer is the one
  without a lock on the root. A root that cannot be opened for another reason, for instance EMFILE, is an error.
- A function without an error to return, or whose answer does not depend on the missing fact, says less and nothing
  wrong: UNKNOWN, NOT_LIVE, no record of the holder, no keeper among other users' processes (EACCES). A file system
  that reports that it has no locks is NO_LOCKS for the function that determines this.
- Afterwards nothing stays open or allocated that does not without the fault. The lock file is blank, unchanged, or has a
  whole record. Another process can take the lock, and so can this one, under its full identity.

Most paths begin in a process that has taken a lock before, so that it knows its identity and the file system's type; those
whose tables show /proc/sys/kernel/random/boot_id begin in a new one.

How to read it: the list before each table has the paths, each with its outcome without a fault: the status without
`RALPH_LOCK_`, the rest of the answer, and whose record: `judge` is the process that holds the lock, `mortal` one that is or
was killed while it held it, `gone` one that had died before. A cell has the outcome when the system call fails with the
error in the column's head. "=" means: the same as without it. Empty means: the call cannot give that error (its manual
page, section 2). UNSUPPORTED stands for UNSUPPORTED_FILESYSTEM or, in functions that do not ask about the lock file,
UNSUPPORTED_PLATFORM. "killed" says what is in the lock file after a SIGKILL instead of the call: no file, nothing
("blank"), the record of the process that had died ("old"), of the process killed now ("own"), of the process that holds
the lock ("holder's"), or "=": the same as before the first call. The path's line has that state, and, if different, the
state after a SIGKILL behind the last call. The first column has the numbers of the row's paths, and how often the call
occurs there. N is some number. A close that fails has still closed the descriptor, as on Linux.

Without memory Rust aborts the process, with a message on standard error. Each allocation of each path was made to fail:
the process was aborted, or answered by the rules above, and the lock was free afterwards. If another program determines
the amount of memory, by the length of its record, the answer is IO with ENOMEM. A system call without memory (ENOMEM in
the tables) is an error like any other.
"""

SHORT = {"UNSUPPORTED_FILESYSTEM": "UNSUPPORTED", "UNSUPPORTED_PLATFORM": "UNSUPPORTED", "the old record": "old",
         "its record": "own", "the holder's": "holder's"}


class Path:
    def __init__(self, number, function, name, answer):
        self.number, self.function, self.name, self.answer = int(number), function, name, answer
        self.calls = []
        self.before = self.after = ""


def read(lines):
    paths, totals, memory = [], [0, 0, 0, 0], [0, 0]
    for line in lines:
        kind, *fields = line.rstrip("\n").split("\t")
        if kind == "step":
            paths.append(Path(*fields))
        elif kind == "call":
            cells = dict(cell.split("=", 1) for cell in fields[1:])
            paths[-1].calls.append((fields[0], tuple(SHORT.get(cells.get(name), cells.get(name, "")) for name in COLUMNS)))
        elif kind == "return":
            paths[-1].before, paths[-1].after = (SHORT.get(left, left) for left in (fields[0], fields[1].split("=", 1)[1]))
        elif kind == "memory":
            memory = [before + int(more) for before, more in zip(memory, fields)]
        else:
            totals = [before + int(more) for before, more in zip(totals, fields)]
    return sorted(paths, key=lambda path: path.number), totals, memory


def spans(numbers):
    """1, 2, 3 and 5 as 1-3, 5."""
    parts = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in parts)


def section(function, paths):
    yield f"\n## {function}\n"
    for number, path in enumerate(paths, 1):
        killed = f" (the lock file: {path.before}" + (")" if path.after == "=" else f", then {path.after})")
        yield f"{number}. {path.name or 'always'}: {path.answer or 'done'}{killed if path.calls else ''}"
    rows = {}
    for number, path in enumerate(paths, 1):
        for row in path.calls:
            counts = rows.setdefault(row, {})
            counts[number] = counts.get(number, 0) + 1
    used = [i for i in range(len(COLUMNS)) if any(cells[i] for _, cells in rows)]
    yield "\n| paths | call | " + " | ".join(COLUMNS[i] for i in used) + " |"
    yield "|---" * (2 + len(used)) + "|"
    for (call, cells), counts in rows.items():
        times = {count: [n for n in counts if counts[n] == count] for count in sorted(set(counts.values()))}
        where = "; ".join(spans(which) + (f" (×{count})" if count > 1 else "") for count, which in times.items())
        yield f"| {where} | {call} | " + " | ".join(cells[i] for i in used) + " |"


def main():
    page, symbols = sys.argv[1:]
    paths, totals, memory = read(sys.stdin)
    functions = list(dict.fromkeys(path.function for path in paths))
    with open(symbols) as names:
        missing = set(names.read().split()) ^ set(functions)
    if missing:
        sys.exit(f"abi/symbols.txt and proof/faults/steps.c differ in {', '.join(sorted(missing))}")
    quiet = [name for name in functions if not any(path.calls for path in paths if path.function == name)]
    with open(page, "w") as out:
        print(INTRO, file=out)
        print("These functions make no system call, as their traces show: " + ", ".join(f"`{n}`" for n in quiet) + ".",
              file=out)
        for name in functions:
            if name not in quiet:
                print(*section(name, [path for path in paths if path.function == name]), sep="\n", file=out)
    cases, failures, shorts, kills = totals
    calls = sum(len(path.calls) for path in paths)
    print(len(functions), len(quiet), len(paths), calls, failures, shorts, kills, sum(memory), memory[0], cases)


if __name__ == "__main__":
    main()
