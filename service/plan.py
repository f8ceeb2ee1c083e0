"""Plans a group: given what the database holds, which rows are written and what each caller hears. Pure.

One plan is one transaction. Entries are placed in the order in which they came, so two requests with one idempotency
key, or two versions of one content, may stand in the same group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

from service.acts import DECISION_AUTO, DECISION_SUPERSEDED, act_row
from service.filing import committed
from service.ports import Found, Head, Rows, Used, Wanted, Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.acts import Act
    from service.filing import Filing, Seal


class ToFile(NamedTuple):
    """Decisions that stand or fall together, under at most one idempotency key."""

    filings: Sequence[Filing]
    seal: Seal | None = None


class ToRecord(NamedTuple):
    """One act with its writes."""

    act: Act
    writes: Sequence[Write] = ()


Entry = ToFile | ToRecord


class Placed(NamedTuple):
    """Where a decision came to stand."""

    id: str
    content_id: str
    version: int
    supersedes: str | None
    at: str


class Replay(NamedTuple):
    """The idempotency key was used before for the same body: the decisions made then."""

    decisions: list[str]


class Conflict(NamedTuple):
    """The idempotency key was used before for another body."""


Outcome = list[Placed] | Replay | Conflict | int
"""What an entry came to: placed decisions, a replay, a conflict, or the sequence number of a recorded act."""


def wanted(entries: Iterable[Entry]) -> Wanted:
    """What the plan will have to know, each thing once."""
    contents: dict[tuple[str, str], None] = {}
    keys: dict[tuple[str, bytes], None] = {}
    for entry in entries:
        if isinstance(entry, ToRecord):
            continue
        for filing in entry.filings:
            if not filing.fresh:
                contents[filing.tenant, filing.content_id] = None
        if entry.seal is not None:
            keys[entry.seal.tenant, entry.seal.key_hash] = None
    return Wanted(list(contents), list(keys))


class Plan:
    """Rows and outcomes of one group, filled entry by entry. ``found`` is used up on the way."""

    def __init__(self, found: Found, at: str) -> None:
        self.rows = Rows(at)
        self.outcomes: list[Outcome] = []
        self._heads, self._keys = found.heads, found.keys
        self._seq, self._content = found.next_seq, found.next_content
        self._at = at

    def add(self, entry: Entry) -> None:
        """Places one entry behind those before it."""
        outcome = self._record(entry) if isinstance(entry, ToRecord) else self._file(entry)
        self.outcomes.append(outcome)

    def _act(self, kind: str, subject: str, tenant: str, facts: Mapping[str, object]) -> int:
        seq = self._seq
        self.rows.acts.append(act_row(seq, self._at, kind, subject, tenant, facts))
        self._seq = seq + 1
        return seq

    def _record(self, entry: ToRecord) -> int:
        self.rows.writes.extend(entry.writes)
        return self._act(*entry.act)

    def _file(self, entry: ToFile) -> Outcome:
        seal = entry.seal
        if seal is None:
            return [self._place(filing) for filing in entry.filings]
        used = self._keys.get((seal.tenant, seal.key_hash))
        if used is not None:
            return Replay(orjson.loads(used.decisions)) if seal.fits(used.salt, used.mac) else Conflict()
        placed = [self._place(filing) for filing in entry.filings]
        decisions = orjson.dumps([place.id for place in placed]).decode()
        self._keys[seal.tenant, seal.key_hash] = Used(seal.salt, seal.mac, decisions)
        self.rows.idempotency.append((seal.tenant, seal.key_hash, seal.salt, seal.mac, decisions))
        return placed

    def _place(self, filing: Filing) -> Placed:
        """A new version where the content is new or edited; otherwise a decision that supersedes the last one."""
        id_, tenant, content_id, fresh, body, salt, commitment, judged, facts = filing
        head = None if fresh else self._heads.get((tenant, content_id))
        supersedes: str | None = None
        if head is not None and committed(head.salt, body) == head.commitment:
            row, version, commitment, salt, supersedes = head
        else:
            row, version = self._content, (1 if head is None else head.version + 1)
            self._content = row + 1
            self.rows.contents.append((row, tenant, content_id, version, commitment, salt, body))
        if not fresh:
            self._heads[tenant, content_id] = Head(row, version, commitment, salt, id_)
        # A copy: a group that failed is planned again, entry by entry, and may then find other things.
        told = facts.copy()
        told["content"], told["version"], told["commitment"] = content_id, version, commitment.hex()
        if supersedes is not None:
            told["supersedes"] = supersedes
        seq = self._act(DECISION_AUTO, id_, tenant, told)
        if supersedes is not None:
            self._act(DECISION_SUPERSEDED, supersedes, tenant, {"by": id_})
        self.rows.decisions.append((seq, id_, tenant, row, supersedes, *judged))
        return Placed(id_, content_id, version, supersedes, self._at)
