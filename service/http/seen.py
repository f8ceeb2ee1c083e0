"""Leaves an act of each look of a person at texts as users wrote them; looks that go on are one look for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.acts import TEXTS_SEEN, Act

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.keys import Caller
    from service.ledger import Ledger

ONE_LOOK: Final = 600.0
"""Seconds in which the same person's looks at the same object by the same route leave one act."""
MOST: Final = 10_000
"""Looks that are remembered; the oldest is forgotten, and leaves another act when it is taken again."""


class Looks:
    """Remembers who looked at what, in memory and per process: a restart leaves a few acts more, never one less."""

    def __init__(self, ledger: Ledger, *, clock: Callable[[], float], most: int = MOST) -> None:
        self._ledger, self._clock, self._most = ledger, clock, most
        self._since: dict[tuple[str, str, tuple[str, ...]], float] = {}

    async def note(self, caller: Caller, route: str, of: tuple[str, ...]) -> None:
        """Records that somebody looks, by ``GET /v1/reviews/{id}`` and the like, at what ``of`` names.

        Comes back when the act is on disk. Raises ``LedgerError``: then nobody may be shown anything.
        """
        look, now = (caller.id, route, of), self._clock()
        since = self._since.get(look)
        if since is not None and now - since < ONE_LOOK:
            return
        facts = {"by": caller.id, "route": route, **({"of": list(of)} if of else {})}
        await self._ledger.record(Act(TEXTS_SEEN, caller.id, caller.tenant, facts))
        self._since.pop(look, None)
        self._since[look] = now
        if len(self._since) > self._most:
            del self._since[next(iter(self._since))]
