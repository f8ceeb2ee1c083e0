"""Plans a group: given what the database holds, which rows are written and what each caller hears. Pure.

One plan is one transaction. Entries are placed in the order in which they came, so two requests with one idempotency
key, or two versions of one content, may stand in the same group.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import orjson

from service.acts import (
    DECISION_AUTO,
    DECISION_FOLLOWED,
    DECISION_SUPERSEDED,
    REVIEW_OPENED,
    ROOM_EVENT,
    act_row,
    canonical,
)
from service.creators.posting import settle
from service.filing import ENGINE, committed
from service.ids import later, new_id
from service.ports import Found, Head, Rows, Used, Wanted, Write
from service.review.states import State, Step
from service.review.urgency import priority
from service.store import statements
from service.store.codec import NOTHING_MORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from service.acts import Act
    from service.filing import Filing, Seal
    from service.ports import Ruled, Visit, Words
    from service.review.urgency import Opening


class Happening(NamedTuple):
    """One event of a room: its kind, and integers and codes that tell of it."""

    kind: str
    facts: Mapping[str, object]


class Entering(NamedTuple):
    """What goes into a live room together, the decisions first: numbers from ``first`` on.

    ``work``, where there is any, is done in the same transaction, after all of it is written. ``kept``, as JSON, is
    what the room needs of itself to go on from there, and is written beside the decisions.
    """

    tenant: str
    room: str
    first: int
    events: Sequence[Happening] = ()
    work: Callable[[Visit], object] | None = None
    kept: str = "{}"


class ToFile(NamedTuple):
    """Decisions that stand or fall together, under at most one idempotency key; ``entering`` where a room got them."""

    filings: Sequence[Filing]
    seal: Seal | None = None
    entering: Entering | None = None


class ToRecord(NamedTuple):
    """One act with its writes."""

    act: Act
    writes: Sequence[Write | Words] = ()


class ToVisit(NamedTuple):
    """Work that reads and writes in the transaction itself."""

    work: Callable[[Visit], object]


Entry = ToFile | ToRecord
"""What a plan places. Visits need none: they form groups of their own."""


class Placed(NamedTuple):
    """Where a decision came to stand.

    ``stands`` says that a person had decided on this very text, and ``id`` is not what was filed: it is that decision,
    for which nothing was written, or where another version came between one that follows it.
    """

    id: str
    content_id: str
    version: int
    supersedes: str | None
    at: str
    stands: bool = False


class Replay(NamedTuple):
    """The idempotency key was used before for the same body: the decisions made then."""

    decisions: list[str]


class Conflict(NamedTuple):
    """The idempotency key was used before for another body."""


def again(seal: Seal, used: Used) -> Replay | Conflict:
    """What a request comes to whose idempotency key was used before."""
    return Replay(orjson.loads(used.decisions)) if seal.fits(used.salt, used.mac) else Conflict()


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


_KEPT = ("commitment", "content", "published_at", "scene", "version")
"""What an act tells of a version, whoever decides on it."""
_OPEN = (State.WAITING, State.HELD)
VERDICTS = "verdicts"
"""The kind of what happens in a room when messages are judged."""


class Plan:
    """Rows and outcomes of one group, filled entry by entry. ``found`` is used up on the way."""

    def __init__(self, found: Found, at: str) -> None:
        self.rows = Rows(at)
        self.outcomes: list[Outcome] = []
        self._heads, self._keys, self._ruled = found.heads, found.keys, found.ruled
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
        if entry.entering is not None:
            return self._enter(entry.filings, entry.entering)
        if seal is None:
            return [self._place(filing) for filing in entry.filings]
        used = self._keys.get((seal.tenant, seal.key_hash))
        if used is not None:
            return again(seal, used)
        placed = [self._place(filing) for filing in entry.filings]
        decisions = orjson.dumps([place.id for place in placed]).decode()
        self._keys[seal.tenant, seal.key_hash] = Used(seal.salt, seal.mac, decisions)
        self.rows.idempotency.append((seal.tenant, seal.key_hash, seal.salt, seal.mac, decisions))
        return placed

    def _enter(self, filings: Sequence[Filing], entering: Entering) -> list[Placed]:
        """Decisions and events of a room, under its next numbers."""
        tenant, room, number, events, work, kept = entering
        written = len(self.rows.decisions)
        placed = [self._place(filing) for filing in filings]
        if any(place.stands for place in placed):
            raise ValueError("a person decided meanwhile")
        if judged := self.rows.decisions[written:]:
            last = number + len(judged) - 1
            self.rows.room_events.append((tenant, room, number, last, VERDICTS, judged[0][0], judged[-1][0], kept))
            number = last + 1
        for kind, facts in events:
            seq = self._act(ROOM_EVENT, room, tenant, {"event": kind, "number": number, "told": facts})
            told = canonical(facts).decode()
            self.rows.room_events.append((tenant, room, number, number, kind, seq, seq, told))
            number += 1
        if work is not None:
            self.rows.works.append(work)
        return placed

    def _place(self, filing: Filing) -> Placed:
        """A new version where the content is new or edited; otherwise a decision that supersedes the engine's last.

        A new version whose text a person had decided on before it was edited is decided as they did.
        """
        id_, tenant, content_id, fresh, body, salt, commitment, judged, facts, _, more = filing
        head = None if fresh else self._heads.get((tenant, content_id))
        supersedes: str | None = None
        ruled: Ruled | None = None
        if head is not None and committed(head.salt, body) == head.commitment:
            row, version, commitment, salt, supersedes = head[:5]
            if supersedes is not None and head.by != ENGINE:
                return Placed(supersedes, content_id, version, None, self._at, stands=True)
        else:
            row, version = self._content, (1 if head is None else head.version + 1)
            self._content = row + 1
            self.rows.contents.append((row, tenant, content_id, version, commitment, salt, body))
            ruled = self._ruled_on(filing)
        # A copy: a group that failed is planned again, entry by entry, and may then find other things.
        told = facts.copy()
        told["content"], told["version"], told["commitment"] = content_id, version, commitment.hex()
        if supersedes is not None:
            told["supersedes"] = supersedes
        seq = self._act(DECISION_AUTO, id_, tenant, told)
        if supersedes is not None:
            self._act(DECISION_SUPERSEDED, supersedes, tenant, {"by": id_})
        self.rows.decisions.append((seq, id_, tenant, row, supersedes, *judged))
        if more is not None and (ruled is None or ruled.action == facts["action"]):
            self.rows.works.append(partial(more, decision=id_, content=row))
        if supersedes is not None:
            self.rows.works.append(partial(settle, tenant=tenant, content=row))
        after = Head(row, version, commitment, salt, id_, ENGINE, *(head[6:] if head else ()))
        if ruled is None:
            self._stand(filing, after)
            return Placed(id_, content_id, version, supersedes, self._at)
        follows = self._follow(ruled, told, filing, row)
        self._stand(filing._replace(id=follows, opening=None), after._replace(decision=follows, by=ruled.by))
        return Placed(follows, content_id, version, id_, self._at, stands=True)

    def _stand(self, filing: Filing, head: Head) -> None:
        """Has people look at the content or not, as its newest decision says, and knows it from now on."""
        if filing.opening is not None or head.state in _OPEN:
            head = self._item(filing, head)
        if not filing.fresh:
            self._heads[filing.tenant, filing.content_id] = head

    def _ruled_on(self, filing: Filing) -> Ruled | None:
        """What a person decided last on this very text, before it was edited."""
        earlier = self._ruled.get((filing.tenant, filing.content_id), ())
        return next((one for one in earlier if committed(one.salt, filing.body) == one.commitment), None)

    def _follow(self, ruled: Ruled, told: Mapping[str, object], filing: Filing, row: int) -> str:
        """Has a person's decision stand on the version too, over what the engine ``told``; gives the new decision."""
        id_, judged, (scene, published_at, *_) = new_id(), filing.id, filing.judged
        facts: dict[str, object] = {name: told[name] for name in _KEPT}
        facts |= {"action": ruled.action, "by": ruled.by, "degraded": False, "follows": ruled.decision}
        facts |= {"ruleset": ruled.ruleset, "severity": ruled.severity, "supersedes": judged}
        if ruled.verdict != NOTHING_MORE:
            facts["verdict"] = orjson.Fragment(ruled.verdict)
        seq = self._act(DECISION_FOLLOWED, id_, filing.tenant, facts)
        self._act(DECISION_SUPERSEDED, judged, filing.tenant, {"by": id_})
        said = (ruled.action, ruled.severity, ruled.verdict, 0, "[]", ruled.ruleset, ruled.by)
        self.rows.decisions.append((seq, id_, filing.tenant, row, judged, scene, published_at, *said))
        return id_

    def _item(self, filing: Filing, head: Head) -> Head:
        """Opens the item of a content, opens it again, or takes it from the desk where nothing is left to decide."""
        tenant, content_id, opening = filing.tenant, filing.content_id, filing.opening
        if head.item is None:
            assert opening is not None
            item, scene, severity = new_id(), filing.judged[0], filing.judged[3]
            due = later(self._at, opening.due)
            key = priority(due, opening.credit)
            self._review(REVIEW_OPENED, item, filing, 1)
            told = (scene, opening.category, severity, opening.reach, 0, State.WAITING, 0, 1, 1, key, due)
            self.rows.reviews.append((item, tenant, "content", content_id, head.row, filing.id, *told))
            return head._replace(item=item, state=State.WAITING, round=1, token=1)
        if opening is None:
            self._review(Step.WITHDRAW.act, head.item, filing, head.round)
            row = (self._at, filing.id, head.item)
            self.rows.writes.append(Write(statements.WITHDRAW_REVIEW, row))
            return head._replace(state=State.CLOSED, token=head.token + 1)
        self._review(Step.REOPEN.act, head.item, filing, head.round + 1)
        self.rows.writes.append(Write(statements.REOPEN_REVIEW, self._reopened(filing, opening, head)))
        return head._replace(state=State.WAITING, round=head.round + 1, token=head.token + 1)

    def _reopened(self, filing: Filing, opening: Opening, head: Head) -> tuple[str | int | bytes | None, ...]:
        due = later(self._at, opening.due)
        key = priority(due, opening.credit)
        scene, severity = filing.judged[0], filing.judged[3]
        return head.row, filing.id, scene, opening.category, severity, opening.reach, key, self._at, due, head.item

    def _review(self, kind: str, item: str, filing: Filing, number: int) -> None:
        facts = {"content": filing.content_id, "decision": filing.id, "kind": "content", "round": number}
        self._act(kind, item, filing.tenant, facts)
