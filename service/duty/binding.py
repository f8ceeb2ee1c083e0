"""What a content is judged by besides its own words: the proofs that it names, those of its show, the approved script.

The court takes them as values of the content, so that whoever reads the content can judge it again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.proof import named_in
from moderation.script import ApprovedScript
from moderation.types import Scene
from service.duty.report import proven_sentences

if TYPE_CHECKING:
    from moderation.ruleset import Ruleset
    from moderation.types import Content, Proof
    from service.duty.proofs import Proofs
    from service.duty.scripts import Scripts, Version
    from service.duty.shows import Shows
    from service.rules import Rules

FRESH_SECONDS: Final = 0.5
"""The longest that a change by another process can go unheard."""
MOST_ROOMS: Final = 4096
MOST_SCRIPTS: Final = 64
BOUND: Final = frozenset({Scene.LIVE_SPEECH, Scene.LIVE_SCRIPT})
"""Scenes whose contents belong to the show of their room."""


class Standing(NamedTuple):
    """What a room's show has on file, and the approved version of its script."""

    show: str
    proofs: tuple[Proof, ...]
    script: Version | None


NO_SHOW: Final = Standing("", (), None)


@dataclass(slots=True)
class _Known:
    """What was read of a room, and when."""

    at: float
    standing: Standing


class Binding:
    """Keeps what was read of rooms, for half a second, and approved scripts as they sound."""

    def __init__(self, *, rules: Rules, proofs: Proofs, scripts: Scripts, shows: Shows) -> None:
        self._rules, self._proofs, self._scripts, self._shows = rules, proofs, scripts, shows
        self._rooms: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._heard: OrderedDict[tuple[str, str], ApprovedScript] = OrderedDict()

    @staticmethod
    def concerns(content: Content) -> bool:
        """Whether ``bound`` may add something: cheap, for everything that is judged."""
        return bool(content.proofs) or (content.room is not None and content.scene in BOUND)

    async def bound(self, tenant: str, content: Content) -> Content:
        """The content with what is on file for it. Raises ``UnknownProof`` for one that it names."""
        named = await self._proofs.named(tenant, [proof.id for proof in content.proofs])
        proofs = {one.value.id: one.value for one in named}
        standing = await self.standing(tenant, content.room) if content.room and content.scene in BOUND else NO_SHOW
        proofs |= {proof.id: proof for proof in standing.proofs}
        ruleset = self._rules.engine.ruleset
        script = None
        if standing.script is not None and content.scene is Scene.LIVE_SPEECH:
            script = self._approved(tenant, standing, ruleset, content).followed(content.parts)
        told = {proof.id: proof for proof in named_in(content, proofs.values(), ruleset)}
        for passage in script.passages if script is not None else ():
            told |= {name: proofs[name] for name in passage.proofs if name in proofs}
        return replace(content, proofs=tuple(told.values()), script=script)

    async def standing(self, tenant: str, room: str) -> Standing:
        """What the show in a room has on file; ``NO_SHOW`` where none is on."""
        known = self._rooms.get((tenant, room))
        if known is None or monotonic() - known.at > FRESH_SECONDS:
            known = _Known(monotonic(), await self._read(tenant, room))
            self._rooms[tenant, room] = known
            self._rooms.move_to_end((tenant, room))
            while len(self._rooms) > MOST_ROOMS:
                self._rooms.popitem(last=False)
        return known.standing

    def forget(self) -> None:
        """Reads everything anew: something was changed here."""
        self._rooms.clear()

    async def _read(self, tenant: str, room: str) -> Standing:
        show = await self._shows.live_in(tenant, room)
        if show is None:
            return NO_SHOW
        script = await self._scripts.approved(tenant, show.script) if show.script else None
        ids = dict.fromkeys((*show.proofs, *(script.proofs if script else ())))
        found = [await self._proofs.standing(tenant, proof) for proof in ids]
        return Standing(show.id, tuple(one.value for one in found if one is not None), script)

    def _approved(self, tenant: str, standing: Standing, ruleset: Ruleset, content: Content) -> ApprovedScript:
        version, proofs = standing.script, standing.proofs
        assert version is not None
        ids = ",".join(sorted(proof.id for proof in proofs))
        key = (f"{tenant}/{version.digest}", f"{ruleset.fingerprint}/{ids}")
        found = self._heard.get(key)
        if found is None:
            proven = proven_sentences(version.text, proofs, content.at, ruleset)
            found = self._heard[key] = ApprovedScript(version.text, version.digest, ruleset, proven)
            while len(self._heard) > MOST_SCRIPTS:
                self._heard.popitem(last=False)
        return found
