"""The costs of many locks, and of the library itself: live guards, threads, memory, size, loading."""

import os
import random
import time

from operations import Worker, median, ratios

LIVE = (1, 10, 100, 1000)
THREADS = (1, 8)
OPENS, COMPUTING = "opens", "computing"
WORKSPACES = 1000


def new_root(folder, name):
    """A workspace with a thousand others in it."""
    root = os.path.join(folder, name)
    for one in (root, *(os.path.join(root, "others", str(number)) for number in range(WORKSPACES))):
        os.makedirs(os.path.join(one, ".ralph"))
    return root


def live_guards(worker, folder, rounds, count=200):
    """By number of live guards in the process: the times of one try-acquire, in nanoseconds, round by round."""
    workers = {}
    for live in LIVE:
        workers[live] = Worker(worker, new_root(folder, f"live-{live}"))
        workers[live].ask("hold", live)
        workers[live].ask("acquire", count)
    times = {live: [] for live in LIVE}
    for _ in range(rounds):
        for live in random.sample(LIVE, len(LIVE)):
            times[live].append(workers[live].ask("acquire", count) / count)
    for one in workers.values():
        one.ask("hold", 0)
        one.end()
    return times


def threads(ours, floor, folder, rounds):
    """By operation: how much faster that many threads are than one, round by round."""
    workers = {program.key: Worker(program.command, new_root(folder, f"threads-{program.key}"))
               for program in (ours, floor)}
    tasks = {ours.key: (ours.key, "spread"), floor.key: (floor.key, "spread"), OPENS: (floor.key, "spread-opens"),
             COMPUTING: (floor.key, "spread-computing")}
    gains = {task: [] for task in tasks}
    for worker in workers.values():
        worker.ask("spread", 1)
    for _ in range(rounds):
        for task, (key, operation) in tasks.items():
            alone, together = (workers[key].ask(operation, count) for count in THREADS)
            gains[task].append(alone / together)
    for worker in workers.values():
        worker.end()
    return gains


def memory(worker, folder, rounds):
    """Bytes per guard and per waiter."""
    root = new_root(folder, "memory")

    def fresh(operation):
        one = Worker(worker, root)
        answer = one.ask(operation, WORKSPACES)
        if operation == "guard-memory":
            one.ask("hold", 0)
        one.end()
        return answer / WORKSPACES

    guard = median([fresh("guard-memory") for _ in range(rounds)])
    holder = Worker(worker, root)
    holder.ask("hold", WORKSPACES)
    waiter = median([fresh("waiter-memory") for _ in range(rounds)])
    holder.ask("hold", 0)
    holder.end()
    return guard, waiter


def loading(load, libraries, rounds, count=20):
    """By library: the times of loading it, round by round, in nanoseconds."""
    workers = {name: Worker(load, library) for name, library in libraries.items()}
    times = {name: [] for name in workers}
    for worker in workers.values():
        worker.ask("load", count)
    for _ in range(rounds):
        for name, worker in workers.items():
            times[name].append(worker.ask("load", count) / count)
    for worker in workers.values():
        worker.end()
    return times


def starting(rounds, program="/bin/true"):
    """The times of starting the smallest program and waiting for its end, in nanoseconds."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter_ns()
        os.waitpid(os.posix_spawn(program, [program], os.environ), 0)
        times.append(time.perf_counter_ns() - begin)
    return times


def flatness(times):
    """By number of live guards: the time of a try as a multiple of that with one guard."""
    return {live: ratios([times[live]], [times[LIVE[0]]]) for live in LIVE[1:]}
