"""What a content is judged by besides its own words: the proofs that it names, those of its show, the approved script.

The court takes them as values of the content, so that whoever reads the content can judge it again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from moderation.proof import named_in
from moderation.script import ApprovedScript
from moderation.types import SHANGHAI, Scene
from service.duty.report import proven_sentences
from service.ids import from_stamp
from service.logs import where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.ruleset import Ruleset
    from moderation.types import Content, Proof
    from service.duty.products import Product, Products
    from service.duty.proofs import Proofs
    from service.duty.scripts import Scripts, Version
    from service.duty.shows import Shows
    from service.live.talk import Message
    from service.rules import Rules

FRESH_SECONDS: Final = 0.5
"""The longest that a change by another process can go unheard."""
MOST_ROOMS: Final = 10_000
MOST_PRIMED: Final = 500
MOST_READING: Final = 64
"""So many rooms are read of at once behind the back of who cannot wait."""
BOUND: Final = frozenset({Scene.LIVE_SPEECH, Scene.LIVE_SCRIPT})
"""Scenes whose contents belong to the show of their room."""


class ShowFile(NamedTuple):
    """What a room's show has on file, and the approved version of its script, as it sounds.

    ``product`` is the one that the show sells, where it is one.
    """

    proofs: tuple[Proof, ...] = ()
    version: Version | None = None
    script: ApprovedScript | None = None
    product: Product | None = None


NO_SHOW: Final = ShowFile()


@dataclass(slots=True)
class _Known:
    """What was read of a room, and when."""

    at: float
    on_file: ShowFile


class Binding:
    """Keeps what was read of rooms: who cannot wait gets what is known, and it is read anew behind their back."""

    def __init__(self, *, rules: Rules, proofs: Proofs, products: Products, scripts: Scripts, shows: Shows) -> None:
        self._rules, self._proofs, self._products = rules, proofs, products
        self._scripts, self._shows = scripts, shows
        self._rooms: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._tasks: set[asyncio.Task[ShowFile]] = set()

    @staticmethod
    def concerns(content: Content) -> bool:
        """Whether ``bound`` may add something: cheap, for everything that is judged."""
        return bool(content.proofs) or (content.room is not None and content.scene in BOUND)

    async def bound(self, tenant: str, content: Content) -> Content:
        """The content with what is on file for it. Raises ``UnknownProof`` for one that it names."""
        named = await self._proofs.named(tenant, [proof.id for proof in content.proofs])
        on_file = await self.on_file(tenant, content.room) if content.room and content.scene in BOUND else NO_SHOW
        return self._with(content, [one.value for one in named], on_file)

    def introduce(self, tenant: str, room: str, message: Message) -> Message:
        """A message of a live room with what is on file for it, as far as it is known: this must not wait."""
        content = message.content
        if content.scene not in BOUND:
            return message
        known = self._rooms.get((tenant, room))
        if known is None or monotonic() - known.at > FRESH_SECONDS:
            self._read_soon(tenant, room)
        if known is None or known.on_file is NO_SHOW:
            return message
        return message._replace(content=self._with(content, (), known.on_file))

    def sole_product(self, tenant: str, room: str) -> str:
        """The id of the product that is sold in a room, if it is known and one; empty otherwise."""
        known = self._rooms.get((tenant, room))
        return known.on_file.product.id if known and known.on_file.product else ""

    async def on_file(self, tenant: str, room: str) -> ShowFile:
        """What the show in a room has on file; ``NO_SHOW`` where none is on."""
        known = self._rooms.get((tenant, room))
        if known is None or monotonic() - known.at > FRESH_SECONDS:
            return await self.read(tenant, room)
        return known.on_file

    async def renew(self, tenant: str) -> None:
        """Reads anew what is known of a tenant's rooms: something was changed here."""
        for (owner, room), known in list(self._rooms.items()):
            if owner == tenant and known.on_file is not NO_SHOW:
                await self.read(tenant, room)

    async def prime(self) -> None:
        """Reads of shows that are on, after a start; of those beyond a bound when somebody speaks in them."""
        for tenant, room in await self._shows.all_live(limit=MOST_PRIMED):
            await self.read(tenant, room)

    def _read_soon(self, tenant: str, room: str) -> None:
        if len(self._tasks) < MOST_READING:
            task = asyncio.get_running_loop().create_task(self.read(tenant, room))
            self._tasks.add(task)
            task.add_done_callback(self._read_done)

    def _read_done(self, task: asyncio.Task[ShowFile]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            structlog.get_logger().error("show not read", **where(error))

    async def read(self, tenant: str, room: str) -> ShowFile:
        """Reads of a room anew."""
        at, known = monotonic(), self._rooms.get((tenant, room))
        on_file = await self._found(tenant, room, known.on_file if known else NO_SHOW)
        newer = self._rooms.get((tenant, room))
        if newer is not None and newer.at > at:
            return newer.on_file
        self._rooms[tenant, room] = _Known(at, on_file)
        self._rooms.move_to_end((tenant, room))
        while len(self._rooms) > MOST_ROOMS:
            self._rooms.popitem(last=False)
        return on_file

    async def _found(self, tenant: str, room: str, last: ShowFile) -> ShowFile:
        show = await self._shows.live_in(tenant, room)
        if show is None:
            return NO_SHOW
        version = await self._scripts.approved(tenant, show.script) if show.script else None
        ids = dict.fromkeys((*show.proofs, *(version.proofs if version else ())))
        found = await self._proofs.standing(tenant, ids)
        proofs = tuple(found[name].value for name in ids if name in found)
        sold = await self._products.one(tenant, show.products[0]) if len(show.products) == 1 else None
        if version is None:
            return ShowFile(proofs, None, None, sold)
        script, same = last.script, last.version is not None and last.version.digest == version.digest
        if script is None or not same or last.proofs != proofs:
            script = await asyncio.to_thread(_approved, version, proofs, self._rules.engine.ruleset)
        return ShowFile(proofs, version, script, sold)

    def _with(self, content: Content, named: Sequence[Proof], on_file: ShowFile) -> Content:
        proofs = {proof.id: proof for proof in (*named, *on_file.proofs)}
        script = None
        if on_file.script is not None and content.scene is Scene.LIVE_SPEECH:
            script = on_file.script.followed(content.parts)
        told = {proof.id: proof for proof in named_in(content, proofs.values(), self._rules.engine.ruleset)}
        for passage in script.passages if script is not None else ():
            told |= {name: proofs[name] for name in passage.proofs if name in proofs}
        held = content.qualifications
        if on_file.product is not None and not held:
            held = on_file.product.numbers(content.at.astimezone(SHANGHAI).date())
        return replace(content, proofs=tuple(told.values()), script=script, qualifications=held)


def _approved(version: Version, proofs: Sequence[Proof], ruleset: Ruleset) -> ApprovedScript:
    proven = proven_sentences(version.text, proofs, from_stamp(version.filed_at), ruleset)
    return ApprovedScript(version.text, version.digest, ruleset, proven)
