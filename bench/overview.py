"""What the page begins with: one picture, and five sentences for users of the library."""

import waiting
from operations import median, ratios, typical
from programs import FLOOR, OURSELVES, RALPH_CORE

# Of the peers, those that most programs use.
KNOWN = ("filelock", "proper", "gofrs", RALPH_CORE)


def panels(results, measured):
    """As plots.bars takes them."""
    place, times = list(results.operations.items())[-1]
    kinds = results.waiting[0]
    yield f"Take the lock and release it, {place}", sorted([
        *bars(times["pair"], measured), ("start and end /bin/true", "work", median(results.starting))], key=by_time)
    yield "Be refused, and learn which process holds it", sorted(bars(times["refused"], measured, True), key=by_time)
    waits = {"ralph_lock": waiting.WITH, **{name: name for name in waiting.PEERS}}
    waits = {name: kinds[kind] for name, kind in waits.items() if kind in kinds}
    yield "From a release to the next holder", sorted([
        (name, "ours" if name == "ralph_lock" else "other", waiting.p50(kind.latencies[waiting.RELEASE]) * 1000)
        for name, kind in waits.items()], key=by_time)
    yield f"CPU time of waiting for {waiting.CPU_WAIT:.0f} seconds", sorted([
        (name, "ours" if name == "ralph_lock" else "other", waiting.p50(kind.cpu) * 1000)
        for name, kind in waits.items() if kind.cpu], key=by_time)


def bars(times, measured, named=False):
    """The library's programs and the known peers; `named`: only those that name the holder."""
    for program in measured:
        ours = program.key == OURSELVES or program.is_package
        wanted = ours or (program.records if named else program.key in KNOWN)
        if wanted and program.key != FLOOR and program.key in times:
            yield (program.name, "ours" if ours else "records" if program.records else "other",
                   typical(times[program.key]))


def by_time(bar):
    return bar[2]


def sentences(results, measured):
    place, times = list(results.operations.items())[-1]
    kinds = results.waiting[0]
    pair, refused = typical(times["pair"][OURSELVES]), typical(times["refused"][OURSELVES])
    slower = {program.key: ratios(times["pair"][program.key], times["pair"][OURSELVES])[0]
              for program in measured if program.key in times["pair"]}
    named = {program.key: program.name for program in measured}
    peers = [f"{times_of(slower[key])} for {named[key]}" for key in KNOWN if key in slower]
    handoff = waiting.p50(kinds[waiting.WITH].latencies[waiting.RELEASE])
    pollers = [f"{amount(waiting.p50(kinds[name].latencies[waiting.RELEASE]))} for {name}"
               for name in waiting.PEERS if name in kinds]
    hungry = [f"{amount(waiting.p50(kinds[name].cpu))} for {name}" for name in waiting.PEERS
              if name in kinds and kinds[name].cpu]
    return "\n".join([
        f"1. To take the lock and release it takes {amount(pair / 1000)} on {place}; to start and end the smallest "
        f"program, /bin/true,",
        f"   takes {times_of(median(results.starting) / pair)}.",
        f"2. With other libraries the same takes {', '.join(peers) or 'what is not measured'}.",
        f"3. A process that is refused learns after {amount(refused / 1000)} which process holds the lock, on which host, "
        f"since when and for what.",
        f"4. After a release, a waiting process has the lock within {amount(handoff)}"
        + (f"; {', '.join(pollers)}." if pollers else "."),
        f"5. A process that waits for {waiting.CPU_WAIT:.0f} s uses "
        f"{amount(waiting.p50(kinds[waiting.WITH].cpu))} of CPU time"
        + (f"; {', '.join(hungry)}." if hungry else "."),
    ])


def times_of(ratio):
    return f"{ratio:,.0f} times as long" if ratio >= 10 else f"{ratio:.1f} times as long"


def amount(microseconds):
    if microseconds >= 1000:
        return f"{microseconds / 1000:,.0f} ms" if microseconds >= 10_000 else f"{microseconds / 1000:.1f} ms"
    return f"{microseconds:,.0f} µs" if microseconds >= 10 else f"{microseconds:.1f} µs"
