"""The holder of a lock. The fields' types and meanings are in _holder.pyi, because `typing` is slow to import."""

from collections import namedtuple

from ._constants import Liveness, Relation, State

_HOLDER = "pid started started_text prompt host liveness relation local_pid summary"


class Holder(namedtuple("Holder", _HOLDER)):
    """The process on record as the holder of a lock, with its liveness and relation at the time of the call."""

    __slots__ = ()

    def __str__(self):
        return self.summary


class Inspection(namedtuple("Inspection", "state holder")):
    """Whether a lock was held at one moment, and the record that belongs to that answer."""

    __slots__ = ()


def record(pid, started, prompt, host, liveness, relation, local_pid, summary):
    """Makes a Holder of the extension's values."""
    # On some Pythons this module is slow to import too.
    from datetime import datetime, timedelta, timezone

    seconds, microseconds, text = started
    when = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds, microseconds=microseconds)
    return Holder(pid, when, text, prompt, host, Liveness[liveness], Relation[relation], local_pid, summary)


def inspection(state, holder):
    return Inspection(State[state], holder)
