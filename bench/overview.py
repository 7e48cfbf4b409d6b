"""The beginning of the page: one picture, and five sentences for users of the library."""

import textwrap

import waiting
from operations import median, ratios, typical
from programs import FLOOR, OURSELVES, RALPH_CORE

# The peers that most programs use, each with the program of the library for the same language.
KNOWN = {RALPH_CORE: OURSELVES, "filelock": "Python package", "proper": "Node package", "gofrs": "Go package"}


def panels(results, measured):
    """The panels for plots.bars."""
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
    waits = {name: kinds[name] for name in (waiting.WITH, *waiting.PEERS) if name in kinds}
    handoffs = {name: waiting.p50(kind.latencies[waiting.RELEASE]) for name, kind in waits.items()}
    cpu = {name: waiting.p50(kind.cpu) for name, kind in waits.items() if kind.cpu}
    return "\n".join(map(numbered, enumerate([
        f"An acquire and a release take {amount(pair / 1000)} on {place}; starting the smallest program, /bin/true, and "
        f"waiting for its end takes {times_of(median(results.starting) / pair)}.",
        "; ".join(compared(times["pair"], measured)) + ".",
        f"A process that is refused learns within {amount(refused / 1000)} which process holds the lock, on which host, "
        "since when, and what it is doing.",
        f"After a release, a waiting process has the lock within {amount(handoffs[waiting.WITH])}" + peers(handoffs) + ".",
        f"A process that waits for {waiting.CPU_WAIT:.0f} s uses {amount(cpu[waiting.WITH])} of CPU time" + peers(cpu) + ".",
    ], 1)))


def compared(times, measured):
    """The times of the known peers, each in its language."""
    by_key = {program.key: program for program in measured if program.key in times}
    pairs = [(by_key[peer], by_key[ours]) for peer, ours in KNOWN.items() if peer in by_key and ours in by_key]
    for peer, ours in pairs:
        silent = "" if peer.records else ", and does not name the holder"
        yield f"{peer.name} takes {times_of(ratios(times[peer.key], times[ours.key])[0])} as {ours.name}{silent}"
    if not pairs:
        yield "No peer was measured"


def peers(amounts):
    """The times of the libraries that poll."""
    said = [f"{amount(value)} with {name.partition(',')[0]}" for name, value in amounts.items() if name != waiting.WITH]
    return f" ({', '.join(said)})" if said else ""


def numbered(item):
    number, sentence = item
    return textwrap.fill(f"{number}. {sentence}", 118, subsequent_indent="   ")


def times_of(ratio):
    return f"{ratio:,.0f} times as long" if ratio >= 10 else f"{ratio:.1f} times as long"


def amount(microseconds):
    if microseconds >= 1000:
        return f"{microseconds / 1000:,.0f} ms" if microseconds >= 10_000 else f"{microseconds / 1000:.1f} ms"
    return f"{microseconds:,.0f} µs" if microseconds >= 10 else f"{microseconds:.1f} µs"
