"""A log of made acts and the packs of it: no rules are loaded, so a test costs milliseconds."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from service.acts import Act
from service.audit.records import PackOrder
from service.ports import Write
from service.settings import Settings
from service.store import statements
from service.wiring import open_store
from service.wiring_audit import open_log
from tests.small import migrated

if TYPE_CHECKING:
    from pathlib import Path

    from service.wiring import Store
    from service.wiring_audit import Audit


@dataclass
class Made:
    """An open store with its log."""

    store: Store
    audit: Audit
    folder: Path

    @property
    def key(self) -> str:
        return str(self.audit.log.signer.verifier)

    async def act(self, number: int = 1, tenant: str = "shop", kind: str = "decision.auto", **facts: Any) -> None:
        """So many acts of one kind."""

        def work(visit):
            for _ in range(number):
                told = {"action": "pass", "by": "engine", "n": visit.seq, **facts}
                visit.record(Act(kind, f"s{visit.seq}", tenant, told))

        await self.store.ledger.visit(work)

    async def pack(self, pack: str = "log", **more: Any) -> Path:
        """A pack, made now."""
        reason = more.pop("reason", "")
        asked = PackOrder(pack=pack, **{"formats": (), **more})
        exports = self.audit.exports
        made = await exports.make(await exports.ask("shop", asked, by="cli", reason=reason))
        assert made.state == "done", made.error
        return exports.archive(made)


@asynccontextmanager
async def opened(folder: Path, **more: Any):
    """The log of a folder."""
    settings = Settings(data=folder, **more)
    if not folder.exists():  # noqa: ASYNC240 - a test
        migrated(settings.database)
    async with open_store(settings) as store, open_log(settings, store) as audit:
        if not await store.reads.has_tenant("shop"):
            for name in ("shop", "rival"):
                row = (name, "now")
                await store.ledger.record(Act("tenant.created", name, name), Write(statements.INSERT_TENANT, row))
        yield Made(store, audit, folder)


@pytest.fixture
async def made(tmp_path):
    async with opened(tmp_path / "data") as made:
        yield made


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A log with a checkpoint that an auditor saw, and two packs: the second goes on from the first."""
    folder = tmp_path_factory.mktemp("packed")

    async def work():
        async with opened(folder / "data") as made:
            await made.act(300)
            await made.act(40, tenant="rival")
            before = (await made.audit.log.checkpoint()).note
            await made.pack()
            await made.act(171)
            pack = await made.pack()
            return pack, made.key, before

    return asyncio.run(work())
