"""Contracts between the use-cases and what is outside: values that cross the border, and the journal's protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from moderation.engine import Case
    from moderation.types import Missing, Opinion
    from service.acts import Act

    Answer = Opinion | Missing
    Heard = Callable[[Sequence[Answer], float], None]

Column = str | int | bytes | None
Row = tuple[Column, ...]
Version = tuple[int, str, str, int, bytes, bytes, bytes]
"""A row of ``contents`` without its time: number, tenant, content id, version, commitment, salt, body."""


class Write(NamedTuple):
    """One statement that goes with an act. With ``must_change`` the act falls when no row changed."""

    sql: str
    row: Row
    must_change: bool = True


class Words(NamedTuple):
    """A text that goes with an act: version 1 of a content, under an id of its own. The journal alone stores it."""

    tenant: str
    name: str
    commitment: bytes
    salt: bytes
    body: bytes
    at: str


class Head(NamedTuple):
    """The newest version of a content, the number of its row, the newest decision on it and who took that.

    ``item`` is the content's review item, with its state, its round and its token as they are.
    """

    row: int
    version: int
    commitment: bytes
    salt: bytes
    decision: str | None
    by: str | None = None
    item: str | None = None
    state: str = ""
    round: int = 0
    token: int = 0


class Used(NamedTuple):
    """What an idempotency key was used for. ``decisions`` is a JSON list of ids."""

    salt: bytes
    mac: bytes
    decisions: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a group needs to know before it writes: pairs of tenant and content id, of tenant and key hash."""

    contents: list[tuple[str, str]] = field(default_factory=list)
    keys: list[tuple[str, bytes]] = field(default_factory=list)


class Ruled(NamedTuple):
    """What a person decided on one version of a content, where nothing was decided after it."""

    commitment: bytes
    salt: bytes
    decision: str
    by: str
    action: str
    severity: int
    verdict: bytes
    ruleset: str


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to ``Wanted``, true until the transaction ends; what is absent does not exist.

    ``ruled`` are people's decisions on the last versions of the contents, the newest decision first.
    """

    next_seq: int
    next_content: int
    heads: dict[tuple[str, str], Head]
    keys: dict[tuple[str, bytes], Used]
    ruled: dict[tuple[str, str], list[Ruled]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a group writes, by table and in the column order of ``store.tables``; then other acts' writes, and works.

    ``at`` is the group's time, which stands in every row: the rows themselves leave it out.
    """

    at: str = ""
    acts: list[Row] = field(default_factory=list)
    contents: list[Version] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    idempotency: list[Row] = field(default_factory=list)
    reviews: list[Row] = field(default_factory=list)
    room_events: list[Row] = field(default_factory=list)
    writes: list[Write | Words] = field(default_factory=list)
    works: list[Callable[[Visit], object]] = field(default_factory=list)
    """What else is to be done in the same transaction, after all that."""


class JournalError(Exception):
    """The journal could not commit; nothing of the group is to be acknowledged."""


class JournalBusy(JournalError):
    """Another process held the database for too long: later may work."""


class JournalBroken(JournalError):
    """The disk failed. Whether the last group is on it is unknown; nothing may be acknowledged any more."""


class NothingChanged(Exception):
    """A write that had to change a row found none. Nothing of the group was written."""


class RowsRefused(Exception):
    """The database's rules refuse the rows. Nothing of the group was written."""


class Visit(Protocol):
    """A caller's own part of a transaction: what it reads stays true until what it writes is on disk."""

    at: str
    """The time of the transaction, which every row of it bears."""

    def rows(self, sql: str, *values: Column) -> list[tuple[Any, ...]]:
        """What a query finds."""

    def record(self, act: Act, *writes: Write | Words) -> int:
        """Writes an act and what it tells of; gives its sequence number. Raises ``NothingChanged``."""

    def record_many(self, acts: Sequence[Act], sql: str, rows: Sequence[Row]) -> None:
        """Writes acts of which each tells of one row of the same statement. Raises ``NothingChanged``."""

    def derive(self, *writes: Write) -> None:
        """Writes what follows from acts that stand already, and could be made from them anew. No act tells of it."""


class Failed(NamedTuple):
    """What a visit raised. Nothing that it wrote stands."""

    error: Exception


class Journal(Protocol):
    """Where groups become durable."""

    async def transact(self, wanted: Wanted, plan: Callable[[Found], Rows]) -> None:
        """In one transaction: finds what is wanted, calls ``plan`` (perhaps in another thread), writes its rows.

        Returns once they are on disk. Raises ``JournalBusy`` or ``JournalBroken``; any other exception, such as
        ``NothingChanged`` and ``RowsRefused``, means that the group itself was at fault and nothing of it was written.
        """

    async def visit(self, works: Sequence[Callable[[Visit], object]]) -> list[object]:
        """In one transaction, one after the other (perhaps in another thread); what each gives, or ``Failed``.

        Returns once they are on disk. Raises as ``transact``.
        """

    async def close(self) -> None:
        """Waits for the transaction that runs, then lets the database go."""


class TextCard(Protocol):
    """What is known of a text model. ``thresholds`` are probabilities, one a label: from there on a score counts.

    Of a content with a score within ``band`` of its threshold it is uncertain.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - the words of the card

    @property
    def sha256(self) -> str: ...  # noqa: D102

    @property
    def labels(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def thresholds(self) -> Mapping[str, float]: ...  # noqa: D102

    @property
    def band(self) -> float: ...  # noqa: D102


class TextModel(Protocol):
    """A text classifier. It may raise, hang or answer nonsense: whoever asks expects that."""

    @property
    def card(self) -> TextCard:
        """What it is."""

    def scores(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Probabilities, one row a text, one column a label of the card: the same in any batch."""

    def explain(self, text: str, head: str, *, most: int = 10) -> list[tuple[int, int, float]]:
        """The stretches that speak most for a label, the strongest first: start, end, log odds added."""


class Expert(Protocol):
    """Who is asked about cases: a hearing of one stage, or an escalation to a second. ``on_heard`` is told answers."""

    model: TextModel
    on_heard: Heard | None

    @property
    def waiting(self) -> int:
        """Contents that have not been answered."""

    def ask(self, cases: Sequence[Case], tenant: str = "", *, patient: bool = False) -> list[asyncio.Future[Answer]]:
        """An answer to come for each case; ``patient`` ones, of batches, are given the time of a batch."""
