"""The text expert's weights: which are active, which were trained from labels. Promote, go back; each step is an act.

The weights that the settings name are the default and have no name here. What was trained from labels lies in the data
directory, ``models/SHA256/cards`` and ``models/SHA256/weights``, by the digest of its weights, and is never deleted.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import orjson
import structlog

from moderation.told import Wrong
from service.acts import MODEL_ACTIVATED, MODEL_TRAINED, Act
from service.experts import DEFAULT
from service.ids import now
from service.ports import Write
from service.rules import WATCH_SECONDS
from service.store import statements
from service.tasks import forever

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.ledger import Ledger
    from service.ports import Expert, TextModel
    from service.store.reads import ModelInfo, Reads

SHORT = 12
"""So many digits of a digest a person reads, as verdicts name weights; fewer are enough to name weights by."""


class UnknownModel(LookupError):
    """There are no such weights, or more than one that begin so."""


class NotProposed(Wrong, ValueError):
    """The weights may not be promoted; ``told`` says why."""


class Trained(NamedTuple):
    """What a training came to, before it is on record. ``gain`` and ``p`` are in ten-thousandths, for the act."""

    sha256: str
    card: str
    base: str
    labels: int
    proposed: bool
    report: dict[str, object]
    gain: int = 0
    p: int = 10_000


class Trainings(NamedTuple):
    """The trainings, oldest first, and the active weights (``DEFAULT``: those of the settings)."""

    active: str
    models: list[ModelInfo]

    @property
    def waiting(self) -> list[ModelInfo]:
        """The weights that were proposed since the active ones were trained, newest first."""
        later = [place for place, model in enumerate(self.models) if model.sha256 == self.active]
        since = later[-1] + 1 if later else 0
        return [model for model in reversed(self.models[since:]) if model.proposed]


class Weights:
    """Keeps what this process has loaded. ``opened`` loads weights: ``DEFAULT``, or a digest and that of their card.

    Whatever ``opened`` raises, ``start`` and ``promote`` raise.
    """

    def __init__(self, ledger: Ledger, reads: Reads, opened: Callable[[str, str], TextModel]) -> None:
        self._ledger, self._reads, self._opened = ledger, reads, opened
        self._turn = asyncio.Lock()
        self._heard = 0

    async def start(self) -> TextModel:
        """The active weights, loaded."""
        self._heard = await self._reads.models_state()
        return await self._load(await self.active())

    async def active(self) -> str:
        """The digest of the active weights, or ``DEFAULT``."""
        history = await self._reads.model_history()
        return history[0] if history else DEFAULT

    async def trainings(self) -> Trainings:
        """All trainings, and the active weights."""
        return Trainings(await self.active(), await self._reads.models())

    async def record(self, trained: Trained, *, by: str) -> None:
        """Records what a training came to: a proposal, or that it is none. Raises what the ledger raises."""
        facts = {
            "base": trained.base,
            "by": by,
            "card": trained.card,
            "gain": trained.gain,
            "labels": trained.labels,
            "p": trained.p,
            "proposed": trained.proposed,
        }
        columns = (trained.sha256, trained.card, trained.base, trained.labels, int(trained.proposed))
        row = (*columns, orjson.dumps(trained.report).decode(), by, now())
        await self._ledger.record(Act(MODEL_TRAINED, trained.sha256, facts=facts), Write(statements.INSERT_MODEL, row))

    async def promote(self, digest: str, *, by: str) -> str:
        """Has texts scored by weights that were proposed; gives their digest.

        Raises ``UnknownModel``; ``NotProposed`` for weights that were not better, or better than others than the active
        ones; and what the ledger raises.
        """
        async with self._turn:
            active, models = await self.trainings()
            model = _named(digest, models)
            history = await self._reads.model_history()
            name, before = model.sha256[:SHORT], model.base[:SHORT]
            if not model.proposed:
                raise NotProposed(f"{name} 并不优于 {before}", f"{name} was not better than {before}")
            base = (await self._load(active)).card.sha256
            if model.base != base and model.sha256 not in history:
                raise NotProposed(
                    f"{name} 是与 {before} 比较的，而非现行的 {base[:SHORT]}",
                    f"{name} was compared with {before}, not {base[:SHORT]}",
                )
            await self._activate(model.sha256, active, by)
            return model.sha256

    async def roll_back(self, *, by: str, to: str | None = None) -> str:
        """Goes back to weights that were active before: the last other ones, or those named. ``DEFAULT`` always was.

        Raises ``UnknownModel``, and what the ledger raises.
        """
        async with self._turn:
            active, models = await self.trainings()
            history = await self._reads.model_history()
            if to is None:
                earlier = history[1:] or ([DEFAULT] if history else [])
                if not earlier:
                    raise UnknownModel(DEFAULT)
                wanted = earlier[0]
            else:
                wanted = _named(to, models).sha256 if to else DEFAULT
                if wanted and wanted not in history:
                    raise UnknownModel(to)
            await self._activate(wanted, active, by)
            return wanted

    async def catch_up(self, hearing: Expert) -> None:
        """Has the expert heard by the active weights, if another process changed them. Broken ones change nothing."""
        state = await self._reads.models_state()
        if state == self._heard:
            return
        self._heard = state
        try:
            model = await self._load(await self.active())
        except Exception as error:  # noqa: BLE001 - whatever is wrong with them, the old ones stay
            structlog.get_logger().error("weights refused, the old ones stay", reason=str(error))
            return
        hearing.model = model  # one reference: a batch that is being scored keeps the old weights
        structlog.get_logger().info("weights activated", expert=model.card.name, sha256=model.card.sha256)

    async def watch(self, hearing: Expert) -> None:
        """Catches up for ever."""
        await forever(partial(self.catch_up, hearing), rest=WATCH_SECONDS, failing="weights not read")

    async def _load(self, sha256: str) -> TextModel:
        card = next((model.card for model in await self._reads.models() if model.sha256 == sha256), "")
        return await asyncio.to_thread(self._opened, sha256, card)

    async def _activate(self, wanted: str, active: str, by: str) -> None:
        """Records the change, once the weights were seen to load."""
        await self._load(wanted)
        if wanted != active:
            act = Act(MODEL_ACTIVATED, wanted or "default", facts={"before": active or "default", "by": by})
            await self._ledger.record(act, Write(statements.ACTIVATE_MODEL, (wanted or None, by, now())))


def _named(digest: str, models: list[ModelInfo]) -> ModelInfo:
    """The one training whose digest begins so."""
    found = [model for model in models if digest and model.sha256.startswith(digest)]
    if len(found) != 1:
        raise UnknownModel(digest)
    return found[0]
