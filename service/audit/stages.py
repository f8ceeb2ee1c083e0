"""Which stages of the text expert judged when, as starts and activations tell: for what names no weights itself."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from service.audit.records import Record
from service.store import audit_statements as sql
from service.weights import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.audit.reads import LogReads

OFF: Final = "off"
SETTINGS_OWN: Final = "default"
"""How an activation names the weights of the settings; a start tells which those are."""


class Stages(NamedTuple):
    """Both stages by the names that evidence tells, as ``ngram@3f2a…``; empty where there is none."""

    first: str = ""
    second: str = ""


class InForce:
    """Keeps what was in force from which act on. Weights of other processes are heard a second after their act."""

    def __init__(self, acts: Iterable[Record]) -> None:
        self._seqs: list[int] = []
        self._stages: list[Stages] = []
        started = now = Stages()
        active = own = SETTINGS_OWN
        for act in acts:
            if act.kind == "model.activated":
                active = act.subject
                if now.first:
                    first = own if active == SETTINGS_OWN else f"{now.first.partition('@')[0]}@{active[:SHORT]}"
                    # The second stage was fitted beside the first one of the start.
                    now = Stages(first, started.second if first == started.first else "")
            else:
                told = act.facts
                started = now = Stages(
                    *("" if told[name] == OFF else told[name] for name in ("expert", "second_stage"))
                )
                if active == SETTINGS_OWN:
                    own = now.first or own
            self._seqs.append(act.seq)
            self._stages.append(now)

    def at(self, seq: int) -> Stages:
        """The stages that were in force when an act was done."""
        place = bisect_right(self._seqs, seq)
        return self._stages[place - 1] if place else Stages()


def in_force(reads: LogReads) -> InForce:
    """What the log tells of it."""
    return InForce(Record(*row) for row in reads.rows(sql.STARTS))
